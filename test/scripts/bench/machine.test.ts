import { busyBetween, machineText } from '../../../scripts/bench/machine';

const core = (busy: number, idle: number) => ({ times: { user: busy, nice: 0, sys: 0, irq: 0, idle } });

test.each([
  ['idle', [core(0, 0), core(0, 0)], [core(0, 100), core(0, 100)], 0],
  ['one of two cores busy', [core(5, 5), core(7, 7)], [core(105, 5), core(7, 107)], 50],
  ['wholly busy', [core(1, 9)], [core(11, 9)], 100],
  ['looked at twice at once', [core(1, 9)], [core(1, 9)], 0],
])('a machine %s', (_, before, after, percent) => {
  expect(busyBetween(before, after)).toBe(percent);
});

test('is said in one line', () => {
  expect(
    machineText({ cpu: 'Abacus', cores: 2, memoryGiB: 24, os: 'Linux', node: '24.1.0', java: '17.0.1' }),
  ).toBe('Abacus, 2 cores, 24 GiB, Linux, Node 24.1.0, Java 17.0.1');
});
