import { parseConfig } from '../../../lib/config';
import { billionRows, billionRowsMarkdown } from '../../../scripts/cost/billion-rows';
import { reportOf, roundOf, startOf } from '../bench/sample-rounds';

/** A million rows take the emitter 10 s, with 5 s of CPU; Kafka keeps 300 bytes of a row. */
const REPORT = reportOf([roundOf('emitter-cold', 1_000_000, 30), startOf(1_000_000, 100)]);

const configOf = (emitter: object = {}, kafka: object = {}) => parseConfig({ userId: 'ada', emitter, kafka });

test('one shard goes on from run to run, every few minutes, until the last row', () => {
  const { runSeconds, backlogs } = billionRows(REPORT, configOf());

  expect(runSeconds).toBe(220);
  // 10,000 s are 45 runs of 220 s and one of 100 s, which begins after 45 times 5 minutes.
  expect(backlogs[0]).toMatchObject({ shards: 1, runs: 46 });
  expect(backlogs[0]?.hours).toBeCloseTo((45 * 300 + 100) / 3600);
});

test('shards share the rows, and cost no more', () => {
  const { backlogs } = billionRows(REPORT, configOf());

  expect(backlogs[1]).toMatchObject({ shards: 8, runs: 6 });
  expect(backlogs[1]?.hours).toBeCloseTo((5 * 300 + 150) / 3600);
  expect(backlogs[1]?.dollars).toBeCloseTo(backlogs[0]?.dollars ?? 0, 4);
});

test('Lambda is billed by seconds and memory, and a little by the run', () => {
  const { backlogs } = billionRows(REPORT, configOf());

  expect(backlogs[0]?.dollars).toBeCloseTo(10_000 * 1.33334e-5 + 46 * 2e-7, 6);
});

test('a function with less CPU than the rows need takes longer', () => {
  const { emitting, backlogs } = billionRows(REPORT, configOf({ memoryMB: 512 }));

  expect(emitting.secondsPerMillionRows).toBeCloseTo(5 / (512 / 1769));
  expect(backlogs[0]?.runs).toBe(Math.ceil(5_000 / (512 / 1769) / 220));
});

test('a longer timeout means fewer runs', () => {
  const { backlogs } = billionRows(REPORT, configOf({ everyMinutes: 16, timeoutSeconds: 900 }));

  expect(backlogs[0]).toMatchObject({ runs: 12 });
});

test('the storage is that of three copies, on all brokers', () => {
  const { stored } = billionRows(REPORT, configOf({}, { brokers: 6 }));

  expect(stored.gigabytes).toBeCloseTo(900);
  expect(stored.gibibytesABroker).toBe(140);
  expect(stored.dollarsAMonth).toBeCloseTo(90);
});

test('says all of that', () => {
  const text = billionRowsMarkdown(REPORT, configOf());

  expect(text).toContain('from the measurement of 2026-01-02: a million take 10.0 s with 5.0 s of CPU');
  expect(text).toContain('so 10.0 s in a function of 1,024 MB, with its 0.58 cores');
  expect(text).toContain('A run emits for 220 s of its timeout of 240 s, and one begins every 5 minutes.');
  expect(text).toContain('| 1 | 46 | 3.8 | 0.13 |\n| 8 | 6 | 0.5 | 0.13 |');
  expect(text).toContain('900 GB with 3 copies, 90 dollars a month');
  expect(text).toContain('`kafka.volumeGiB` has to be 280 at least, not 10');
});
