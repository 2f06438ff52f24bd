import { type ExecFileException, execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { serverEnvironment } from '../machine/program-environment';
import { ProgramError } from './program-error';

/** Returns the id that all brokers of a directory share, kept beside their data. */
export function clusterIdOf(directory: string): string {
  const file = path.join(directory, 'data', 'cluster-id');
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url'));
  }
  return readFileSync(file, 'utf8');
}

/** Formats the folder of a broker's data. @throws ProgramError with Kafka's own words. */
export async function format(of: {
  directory: string;
  classPath: string;
  propertiesFile: string;
  clusterId: string;
}): Promise<void> {
  const program = ['-cp', of.classPath, 'kafka.tools.StorageTool', 'format'];
  // In one word, because an id may begin with a dash.
  const options = [`--cluster-id=${of.clusterId}`, '--config', of.propertiesFile];
  const surroundings = { cwd: of.directory, env: serverEnvironment() };
  try {
    await promisify(execFile)('java', ['-XX:TieredStopAtLevel=1', ...program, ...options], surroundings);
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as ExecFileException;
    const words = `${stdout}${stderr}`.trim() || message;
    throw new ProgramError(`Kafka could not prepare its folder:\n${words}`, of.directory, { cause: error });
  }
}
