import path from 'node:path';
import { build } from 'esbuild';

/** Makes one file of a program of the sources, which Node runs without anything that would be measured with it. */
export async function builtProgram(source: string, directory: string): Promise<string> {
  const outfile = path.join(directory, `${path.parse(source).name}.js`);
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', logLevel: 'error' });
  return outfile;
}
