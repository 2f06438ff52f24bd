import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { serverEnvironment } from '../machine/program-environment';

/** Machine of a measurement. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  readonly java: string;
}

/** Describes this machine, without its name. */
export async function thisMachine(): Promise<Machine> {
  const { stderr } = await promisify(execFile)('java', ['-version'], { env: serverEnvironment() });
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${systemName()} (${os.type()} ${/^[\d.]+/.exec(os.release())?.[0]}, ${process.arch})`,
    node: process.version.slice(1),
    java: /version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown',
  };
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
  } catch {
    return os.type();
  }
}

/** One line for people. */
export const machineText = ({ cpu, cores, memoryGiB, os: system, node, java }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, Java ${java}`;

/** Measures the CPU load of the machine, in percent of all cores. */
export async function busyPercent(milliseconds = 2_000): Promise<number> {
  const before = os.cpus();
  await delay(milliseconds);
  return busyBetween(before, os.cpus());
}

/** Calculates the CPU load between two readings of the cores, in percent. */
export function busyBetween(
  before: readonly Pick<os.CpuInfo, 'times'>[],
  after: readonly Pick<os.CpuInfo, 'times'>[],
): number {
  const all = timeOf(after) - timeOf(before);
  const idle = idleOf(after) - idleOf(before);
  return all === 0 ? 0 : Math.round(100 * (1 - idle / all));
}

const timeOf = (cores: readonly Pick<os.CpuInfo, 'times'>[]): number =>
  sum(cores.flatMap(({ times }) => Object.values(times)));

const idleOf = (cores: readonly Pick<os.CpuInfo, 'times'>[]): number =>
  sum(cores.map(({ times }) => times.idle));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
