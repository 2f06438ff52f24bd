import { LARGEST_SIZE, latencyPlanOf, planOf, SIZES } from '../../../scripts/bench/plan';
import { CHOICES } from '../../../scripts/bench/subject-names';

const OPTIONS = { rounds: 3, pythonSeconds: 60 };

test('measures everything at three sizes, in as many rounds as told', () => {
  const { sizes, pythonSeconds } = planOf(OPTIONS);

  expect(sizes).toEqual(SIZES.map((rows) => ({ rows, rounds: 3, choices: CHOICES })));
  expect(pythonSeconds).toBe(60);
});

test('sizes go up, whatever their order was', () => {
  expect(planOf({ ...OPTIONS, rows: [50, 7, 500] }).sizes.map(({ rows }) => rows)).toEqual([7, 50, 500]);
});

test('--full adds ten million rows: one round, without the loop in Python', () => {
  const { sizes } = planOf({ ...OPTIONS, full: true });

  expect(sizes.map(({ rows }) => rows)).toEqual([...SIZES, LARGEST_SIZE]);
  expect(sizes.at(-1)).toEqual({
    rows: 10_000_000,
    rounds: 1,
    choices: ['emitter', 'debezium', 'kcat', 'select', 'producer'],
  });
});

test('--full measures nothing twice', () => {
  expect(planOf({ ...OPTIONS, rows: [LARGEST_SIZE], full: true }).sizes).toHaveLength(1);
});

test('--only keeps the order of the table', () => {
  expect(planOf({ ...OPTIONS, rows: [1], only: ['select', 'emitter'] }).sizes[0]?.choices).toEqual([
    'emitter',
    'select',
  ]);
});

describe('at a distance', () => {
  test('the emitter and its peers write the largest size that is no long one', () => {
    expect(latencyPlanOf({ ...OPTIONS, full: true, latency: [1, 3] })).toEqual({
      ...{ latencies: [1, 3], rows: 1_000_000, rounds: 3, choices: ['emitter', 'debezium', 'kcat'] },
    });
    expect(latencyPlanOf({ ...OPTIONS, rows: [5, LARGEST_SIZE], latency: [1] })?.rows).toBe(5);
  });

  test('only what is asked for is measured', () => {
    expect(latencyPlanOf({ ...OPTIONS, only: ['kcat', 'select'], latency: [1] })?.choices).toEqual(['kcat']);
    expect(latencyPlanOf({ ...OPTIONS, only: ['select'], latency: [1] })).toBeUndefined();
    expect(latencyPlanOf(OPTIONS)).toBeUndefined();
  });
});
