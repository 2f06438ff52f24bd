import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';
import { ALIASES, BUNDLING } from '../../lib/constructs/bundling';

const PROJECT = path.resolve(__dirname, '../..');

/** Package whose code is part of a function. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression from the package. */
  readonly license: string;
}

/** Share of a folder in the size of a bundle. */
export interface BundledFolder {
  /** The folder of a package, which may be inside of another one's; or `lambda`. */
  readonly folder: string;
  readonly bytes: number;
}

/** Lists the packages that the functions are bundled from, alphabetically. */
export async function bundledPackages(): Promise<BundledPackage[]> {
  const { inputs } = await metafileOf(globSync('lambda/*/handler.ts', { cwd: PROJECT }));
  const folders = new Set(Object.keys(inputs).flatMap((file) => packageFolder(file) ?? []));
  const packages = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(PROJECT, folder, 'package.json'), 'utf8'),
    ) as BundledPackage;
    return { name, version, license };
  });
  return packages.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
}

/** Lists the folders that make up the bundle of a handler, the largest first; only used code counts. */
export async function bundledFolders(handler: string): Promise<BundledFolder[]> {
  const { outputs } = await metafileOf([handler]);
  const bytes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs),
  )) {
    const folder = packageFolder(file) ?? 'lambda';
    bytes.set(folder, (bytes.get(folder) ?? 0) + bytesInOutput);
  }
  return [...bytes]
    .map(([folder, sum]) => ({ folder, bytes: sum }))
    .sort((one, other) => other.bytes - one.bytes);
}

/** Bundles as the stacks do, but writes nothing. */
async function metafileOf(entryPoints: string[]): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints,
    bundle: true,
    platform: 'node',
    mainFields: BUNDLING.mainFields,
    alias: ALIASES,
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    write: false,
    outdir: 'unused',
  });
  return metafile;
}

const idOf = ({ name, version }: BundledPackage): string => `${name}@${version}`;

/** Returns `node_modules/@scope/name` of a file in a package; packages may be nested. */
const packageFolder = (file: string): string | undefined =>
  /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
