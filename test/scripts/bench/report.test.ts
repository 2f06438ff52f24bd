import { figuresOf, whyOnlyTrial } from '../../../scripts/bench/report';
import { ROUNDS, reportOf, roundOf, startOf } from './sample-rounds';

test('figures are in the order of sizes and of the table, however the rounds were', () => {
  const { figures, startUp } = figuresOf([...ROUNDS].reverse());
  const names = [
    ...['emitter-cold', 'emitter-warm', 'emitter-plain', 'debezium', 'kcat'],
    ...['emitter-changes', 'debezium-changes', 'python', 'select', 'producer'],
  ];

  expect(figures.map(({ rows, subject }) => `${rows} ${subject}`)).toEqual([
    ...[10_000, 100_000].flatMap((rows) => names.map((name) => `${rows} ${name}`)),
    ...names.filter((name) => name !== 'python').map((name) => `1000000 ${name}`),
  ]);
  expect(startUp.map(({ rows }) => rows)).toEqual([10_000, 100_000, 1_000_000]);
});

test('a figure is the median of its rounds, with the least and the most', () => {
  const [figures] = figuresOf([4, 1, 2].map((seconds) => roundOf('debezium', 1_000, seconds))).figures;

  expect(figures).toMatchObject({
    rounds: 3,
    isExtrapolated: false,
    seconds: { median: 2, least: 1, most: 4 },
    rowsPerSecond: { median: 1_500, least: 750, most: 3_000 },
  });
  expect(figures?.steadyRowsPerSecond).toBeUndefined();
});

test('CPU is counted for a million rows, of each process', () => {
  const [figures] = figuresOf([roundOf('select', 1_000, 3)]).figures;

  expect(figures?.cpuSecondsPerMillionRows.own.median).toBeCloseTo(500);
  expect(figures?.cpuSecondsPerMillionRows.kafka.median).toBeCloseTo(250);
  expect(figures?.cpuSecondsPerMillionRows.database.median).toBeCloseTo(125);
  expect(figures?.peakBytes.own.median).toBe(200_000_000);
});

test('what stopped before the last row is extrapolated from its rate, and says so', () => {
  const [figures] = figuresOf([roundOf('python', 1_000_000, 60, { records: 6_000 })]).figures;

  expect(figures).toMatchObject({
    isExtrapolated: true,
    rowsPerSecond: { median: 100 },
    seconds: { median: 30_000 },
  });
  expect(figures?.cpuSecondsPerMillionRows.own.median).toBeCloseTo(5_000);
});

test('a rate without the warm-up leaves out rounds whose first look found everything', () => {
  const [figures] = figuresOf([
    roundOf('debezium', 1_000, 9, { steadySeconds: 0 }),
    roundOf('debezium', 1_000, 9, { steadySeconds: 2 }),
  ]).figures;

  expect(figures?.steadyRowsPerSecond).toEqual({ median: 1_500, least: 1_500, most: 1_500 });
});

test('the start of the emitter is the median of its rounds too', () => {
  const starts = [100, 500, 120].map((milliseconds) => startOf(7, milliseconds));
  const { startUp } = figuresOf([roundOf('emitter-cold', 7, 1), ...starts]);

  expect(startUp).toEqual([
    {
      rows: 7,
      loadMs: { median: 120, least: 100, most: 500 },
      firstRunMs: { median: 240, least: 200, most: 1_000 },
      firstCommitMs: { median: 360, least: 300, most: 1_500 },
      idleMs: { median: 12, least: 10, most: 50 },
    },
  ]);
});

describe('is a trial only', () => {
  test('of less than three rounds', () => {
    expect(whyOnlyTrial(reportOf([roundOf('select', 1, 1)]))).toBe('it is of 1 round only');
    expect(whyOnlyTrial(reportOf([1, 2].map(() => roundOf('select', 1, 1))))).toBe('it is of 2 rounds only');
  });

  test('on a busy machine', () => {
    expect(whyOnlyTrial(reportOf(ROUNDS, { busyPercent: 16 }))).toBe(
      'the machine was 16 % busy with other things',
    );
  });

  test('and not where the largest size alone has fewer rounds', () => {
    expect(whyOnlyTrial(reportOf([...ROUNDS, roundOf('select', 10_000_000, 9)]))).toBeUndefined();
  });
});
