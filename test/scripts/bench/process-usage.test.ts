import { execFile } from 'node:child_process';
import { cpuSecondsIn, peakBytesIn, UsageWatch, usageOf } from '../../../scripts/bench/process-usage';

const stat = (name: string): string =>
  `4711 (${name}) S 1 4711 4711 0 -1 4194560 1 2 3 4 1234 66 7 8 20 0 11 0 9 10 11 12`;

test.each(['node', 'a b', 'a) S 1', '((x))'])(
  'user and system time of the process "%s", in hundredths of a second',
  (name) => {
    expect(cpuSecondsIn(stat(name))).toBe(13);
  },
);

test('the most memory, in units of 1,024 bytes', () => {
  expect(peakBytesIn('VmPeak:\t  999 kB\nVmHWM:\t    1000 kB\nVmRSS:\t 5 kB\n')).toBe(1_024_000);
});

test('a process without memory has ended', () => {
  expect(() => peakBytesIn('Name:\tnode\nState:\tZ (zombie)\n')).toThrow('has ended');
});

describe('on Linux', () => {
  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('looks at a process that is there', () => {
    const { cpuSeconds, peakBytes } = usageOf(process.pid);

    expect(cpuSeconds).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(10_000_000);
  });

  onLinux('watches what is taken from now on', () => {
    const watch = new UsageWatch(process.pid);

    for (const before = process.cpuUsage(); process.cpuUsage(before).user < 200_000; );
    const { cpuSeconds } = watch.stop();

    expect(cpuSeconds).toBeGreaterThan(0.05);
    expect(cpuSeconds).toBeLessThan(usageOf(process.pid).cpuSeconds);
  });

  onLinux('knows of a process that has ended what it had taken', async () => {
    const program = 'const all = Buffer.alloc(50e6, 1); setTimeout(() => all, 300)';
    const child = execFile(process.execPath, ['-e', program]);
    const watch = new UsageWatch(child.pid ?? 0, { isNew: true });
    await new Promise((resolve) => child.once('exit', resolve));

    const { cpuSeconds, peakBytes } = watch.stop();

    expect(cpuSeconds).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(50_000_000);
  });
});
