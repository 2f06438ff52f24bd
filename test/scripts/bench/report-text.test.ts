import { latencyFiguresOf } from '../../../scripts/bench/latency-figures';
import { reportMarkdown, reportText } from '../../../scripts/bench/report-text';
import { soakFiguresOf } from '../../../scripts/bench/soak-figures';
import { ROUNDS, reportOf, roundOf } from './sample-rounds';

test('a line for each subject and size, and one for each start', () => {
  const text = reportText(reportOf());

  expect(text).toMatch(
    /^ +10,000 {2}emitter, cold +30,000 +20,000 to 60,000 +1\.0 +16\.7 +8\.3 +4\.2 +200 +400 +300 +300 {2}exactly once$/m,
  );
  expect(text).toMatch(/^ +1,000,000 {2}limit: SELECT to nowhere +150,000 +100,000 to 300,000 +20\.0 /m);
  expect(text).toMatch(/^ +10,000 +200 +400 +600 +20$/m);
});

test('says on what, when, and of how many rounds', () => {
  const text = reportText(reportOf());

  expect(text).toContain(
    'Measured on 2026-01-02 on Abacus, 2 cores, 24 GiB, Linux, Node 24.1.0, Java 17.0.1;',
  );
  expect(text).toContain('Medians of 3 rounds.');
  expect(text).not.toContain('A trial');
});

test('says what is a trial', () => {
  const text = reportText(reportOf([roundOf('select', 1_000, 1)]));

  expect(text).toContain('A trial, not to be compared or quoted: it is of 1 round only.');
  expect(text).toContain('Medians of 1 round.');
});

test('marks what is extrapolated', () => {
  expect(reportText(reportOf())).toMatch(/Python, one record at a time \* .*\n/);
  expect(reportText(reportOf())).toContain('The loop (*) was stopped after a while');
  expect(reportText(reportOf([roundOf('select', 1_000, 1)]))).not.toContain('*');
});

test("says Debezium's rate without its warm-up, at the largest size", () => {
  expect(reportText(reportOf())).toContain(
    'Debezium without its warm-up, from the first record to the last of 1,000,000 rows a table: 18,000 rows/s.',
  );
});

test('without the emitter there is no table of its start', () => {
  const rounds = ROUNDS.filter(({ startUp }) => startUp === undefined);

  expect(reportText(reportOf(rounds))).not.toContain('milliseconds');
  expect(reportMarkdown(reportOf(rounds))).not.toContain('milliseconds');
});

test('as Markdown it says the same, in tables', () => {
  const text = reportMarkdown(reportOf());

  expect(text).toContain(
    '| 10,000 | emitter, cold | 30,000 | 20,000 to 60,000 | 1.0 | 16.7 | 8.3 | 4.2 | 200 | 400 | 300 | 300 | exactly once |',
  );
  const remarks = reportText(reportOf())
    .split('\n')
    .filter((line) => /^(Medians|The loop|Debezium)/.test(line));
  expect(remarks).toHaveLength(3);
  for (const remark of remarks) expect(text).toContain(remark);
});

const talk = { firstCommitMs: 250, requests: 3_000, roundTrips: 750, refused: 0, warnings: 1 };

const DISTANT = latencyFiguresOf(
  [0, 3].flatMap((latencyMs) =>
    [1, 2, 3].flatMap((round) => [
      ...(['kcat', 'emitter-cold'] as const).map((subject) => ({
        ...{ subject, rows: 1_000_000, latencyMs, records: 3_000_000, cpuSeconds: 12, peakBytes: 180e6 },
        seconds: 10 * round + latencyMs,
        ...(subject === 'emitter-cold' && { talk }),
      })),
    ]),
  ),
);

test('with brokers at a distance, a line for each subject and distance, against none', () => {
  const text = reportText(reportOf(ROUNDS, { distant: DISTANT }));

  expect(text).toContain('1,000,000 rows a table, medians of 3 rounds:');
  expect(text).toMatch(
    /^emitter, cold +0 +150,000 +1\.00 +4\.00 +180 +250 +8\.0 +2\.0 +0 +1 {2}exactly once$/m,
  );
  expect(text).toMatch(/^emitter, cold +3 +130,435 +0\.87 /m);
  expect(text).toMatch(
    /^MariaDB client into kcat +3 +130,435 +0\.87 +4\.00 +180 +begins again: at least once$/m,
  );
});

test('of a steady load, the time to a reader and the memory over time', () => {
  const soak = soakFiguresOf({
    ...{ minutes: 1, latencyMs: 3, rows: 100, inserted: 12_000, changed: 6_000, deleted: 600 },
    lagsMs: Array.from({ length: 200 }, (_, index) => 200 - index),
    runs: [1, 16, 31, 46, 59].map((at) => ({ at, residentBytes: 150e6 + at * 1e6 })),
  });

  const text = reportText(reportOf(ROUNDS, { soak }));

  expect(text).toContain('A steady load on three brokers, 3 ms each way: 200 posts a second inserted,');
  expect(text).toMatch(/^ +1 +12,000 +6,000 +600 +5 +100 +190 +198 +200 +151, 166, 181, 203\n/m);
});
