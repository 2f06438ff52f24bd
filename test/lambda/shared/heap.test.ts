import { spawnSync } from 'node:child_process';
import { heapOptions, MAX_SEMI_SPACE_MB } from '../../../lambda/shared/heap';

const heapOf = (options: readonly string[]): number => {
  const program = 'console.log(v8.getHeapStatistics().heap_size_limit / 2 ** 20)';
  const { stdout } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { NODE_OPTIONS: options.join(' ') },
  });
  return Number(stdout);
};

test('both generations are bounded, by options that Node takes from NODE_OPTIONS', () => {
  expect(heapOf(heapOptions(300))).toBe(300 + 3 * MAX_SEMI_SPACE_MB);
});

/** The growth that V8 says it plans with, in a process that begins like this. */
function plannedGrowth(start: string): number {
  const file = require.resolve('../../../lambda/shared/heap.ts');
  const program = `const { letHeapGrow } = require(${JSON.stringify(file)}); ${start} gc();`;
  const options = [...heapOptions(256), '--expose-gc', '--trace-gc-verbose', '--import', 'tsx'];
  const { stdout } = spawnSync(process.execPath, [...options, '-e', program], { encoding: 'utf8' });
  return Number([...stdout.matchAll(/\[HeapController\] factor ([\d.]+)/g)].at(-1)?.[1]);
}

test('the heap may become twice as large before V8 cleans all of it, when it is told so', () => {
  expect(plannedGrowth('')).toBeLessThan(1.9);
  expect(plannedGrowth('letHeapGrow();')).toBe(2);
});
