import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const PROJECT = path.resolve(__dirname, '../..');

/** A package whose code is a part of a function. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As the package names it: an SPDX expression. */
  readonly license: string;
}

/** The packages that the functions are bundled from, in the order of the alphabet. */
export async function bundledPackages(): Promise<BundledPackage[]> {
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: globSync('lambda/*/handler.ts', { cwd: PROJECT }),
    bundle: true,
    platform: 'node',
    metafile: true,
    write: false,
    outdir: 'unused',
  });
  const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => packageFolder(file) ?? []));
  const packages = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(PROJECT, folder, 'package.json'), 'utf8'),
    ) as BundledPackage;
    return { name, version, license };
  });
  return packages.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
}

const idOf = ({ name, version }: BundledPackage): string => `${name}@${version}`;

/** `node_modules/@scope/name` of a file somewhere inside of it; packages may be nested. */
const packageFolder = (file: string): string | undefined =>
  /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
