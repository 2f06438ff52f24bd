import { type ExecFileException, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { serverEnvironment } from '../machine/program-environment';
import { ExpectedError } from '../terminal/expected-error';

/** A program that the local servers need. */
export interface Tool {
  readonly name: string;
  /** Oldest supported version, as `[major, minor]`. */
  readonly atLeast: readonly [number, number];
  /** Command that prints its version. */
  readonly command: readonly [string, ...string[]];
  /** Finds the version in what it answers. */
  readonly version: RegExp;
  /** Instructions for installing it. */
  readonly install: string;
}

/** The programs that the local servers need. */
export const TOOLS = [
  {
    name: 'Java',
    // Kafka 3.9 still accepts 11, but 4.0 will not; this project is tested with 17.
    atLeast: [17, 0],
    command: ['java', '-version'],
    version: /version "(\d+)(?:\.(\d+))?/,
    install:
      'Debian/Ubuntu: sudo apt-get install openjdk-17-jre-headless (or openjdk-21-jre-headless); macOS: brew install --cask temurin',
  },
  {
    name: 'Node',
    // First version with node:sqlite, whose lock keeps two runs apart.
    atLeast: [22, 13],
    command: [process.execPath, '--version'],
    version: /v(\d+)\.(\d+)/,
    install:
      'npm scripts of this project bring Node 24 when its install script may run: npm install-scripts approve node && npm ci; ' +
      'or Debian/Ubuntu: sudo npm install -g n && sudo n 24; macOS: brew install node@24',
  },
] as const satisfies readonly Tool[];

/** Runs a program and returns its output, or `undefined` if it is missing. */
export type Ask = (command: string, args: readonly string[]) => Promise<string | undefined>;

/** Names each program that is missing or too old, one a line. */
export class ToolchainError extends ExpectedError {
  override readonly name = 'ToolchainError';
}

/**
 * Checks that Java and Node are there and new enough.
 *
 * @throws ToolchainError that names everything to install at once.
 */
export async function checkToolchain(ask: Ask = askProgram): Promise<void> {
  const problems = await Promise.all(TOOLS.map((tool) => problemWith(tool, ask)));
  const lines = problems.filter((problem) => problem !== undefined);
  if (lines.length > 0) throw new ToolchainError(lines.join('\n'));
}

/** Describes the problem with a program; `undefined` if it is installed and new enough. */
export async function problemWith(tool: Tool, ask: Ask = askProgram): Promise<string | undefined> {
  const [command, ...args] = tool.command;
  const answer = await ask(command, args);
  const [, major, minor = '0'] = answer?.match(tool.version) ?? [];
  const [leastMajor, leastMinor] = tool.atLeast;
  const needed = `${tool.name} ${leastMinor === 0 ? leastMajor : tool.atLeast.join('.')} or newer is needed`;
  if (answer === undefined) return `${needed}, and none was found. ${tool.install}`;
  if (major === undefined) {
    const [said = 'nothing'] = answer.split('\n').filter((line) => line.trim() !== '');
    return `${needed}, and "${tool.command.join(' ')}" does not print its version, but: ${said.trim()}`;
  }
  const isEnough =
    Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return isEnough ? undefined : `${needed}, and ${major}.${minor} was found. ${tool.install}`;
}

const askProgram: Ask = async (command, args) => {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args], { env: serverEnvironment() });
    return stdout + stderr;
  } catch (error) {
    const { code, stdout, stderr } = error as ExecFileException;
    return code === 'ENOENT' ? undefined : `${stdout ?? ''}${stderr ?? ''}` || (error as Error).message;
  }
};
