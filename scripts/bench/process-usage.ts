import { readFileSync, writeFileSync } from 'node:fs';

/** Resources that a process has used. */
export interface Usage {
  readonly cpuSeconds: number;
  /** The most memory that was resident at once. */
  readonly peakBytes: number;
}

/** Interval of reading processes that may end by themselves, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** Ticks of the kernel's CPU time in a second: USER_HZ, 100 on every platform of Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** Tracks the resources of a process, from now on or, for a new one, from its start. */
export class UsageWatch {
  private readonly begin: number;
  private last: Usage;
  private readonly timer: NodeJS.Timeout;

  /** @param isNew whether the process was started for what is measured. @default false */
  constructor(
    private readonly pid: number,
    { isNew = false } = {},
  ) {
    // Forgets the highest memory of before: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    if (!isNew) writeFileSync(`/proc/${pid}/clear_refs`, '5');
    this.last = usageOf(pid);
    this.begin = isNew ? 0 : this.last.cpuSeconds;
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /** Ends the watch; of a process that has ended, with what it had taken at the last look. */
  stop(): Usage {
    clearInterval(this.timer);
    this.look();
    return { ...this.last, cpuSeconds: this.last.cpuSeconds - this.begin };
  }

  private look(): void {
    try {
      this.last = usageOf(this.pid);
    } catch {
      clearInterval(this.timer);
    }
  }
}

/** @throws Error when there is no such process any more. */
export const usageOf = (pid: number): Usage => ({
  cpuSeconds: cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
  peakBytes: peakBytesIn(readFileSync(`/proc/${pid}/status`, 'utf8')),
});

/** User and system time out of `/proc/PID/stat`. */
export function cpuSecondsIn(stat: string): number {
  // The name in brackets may hold blanks and brackets; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** @throws Error for a process that has ended and has no memory any more. */
export const peakBytesIn = (status: string): number => bytesIn(status, 'VmHWM');

/** Memory of a process that is resident now. @throws Error when there is no such process any more. */
export const residentBytesOf = (pid: number): number =>
  bytesIn(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS');

function bytesIn(status: string, field: 'VmHWM' | 'VmRSS'): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error('The process has ended.');
  return Number(kibibytes) * 1024;
}
