import path from 'node:path';
import { build } from 'esbuild';

/** Bundles a program into one file, so that Node runs it without tools that would be measured with it. */
export async function builtProgram(source: string, directory: string): Promise<string> {
  const outfile = path.join(directory, `${path.parse(source).name}.js`);
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', logLevel: 'error' });
  return outfile;
}
