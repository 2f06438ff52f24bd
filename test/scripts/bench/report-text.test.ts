import { reportMarkdown, reportText } from '../../../scripts/bench/report-text';
import { ROUNDS, reportOf, roundOf } from './sample-rounds';

test('a line for each subject and size, and one for each start', () => {
  const text = reportText(reportOf());

  expect(text).toMatch(
    /^ +10,000 {2}emitter, cold +30,000 +20,000 to 60,000 +1\.0 +16\.7 +8\.3 +4\.2 +200 +400 +300 +300$/m,
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
    '| 10,000 | emitter, cold | 30,000 | 20,000 to 60,000 | 1.0 | 16.7 | 8.3 | 4.2 | 200 | 400 | 300 | 300 |',
  );
  for (const remark of reportText(reportOf()).split('\n').slice(-3)) expect(text).toContain(remark);
});
