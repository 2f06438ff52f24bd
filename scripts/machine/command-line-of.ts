import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inUtf8 } from './program-environment';

/** Reads the command line of a process; empty when there is none, or it has ended and was not waited for yet. */
export function commandLineOf(pid: number): string {
  if (!Number.isSafeInteger(pid) || pid <= 1) return '';
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
          encoding: 'utf8',
          env: inUtf8(),
        });
  } catch {
    return '';
  }
}
