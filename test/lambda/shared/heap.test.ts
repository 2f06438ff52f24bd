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
