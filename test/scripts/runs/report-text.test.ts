import { perStream, topicOf } from '../../../lambda/shared/streams';
import type { StreamReport, VerificationReport } from '../../../lambda/verifier/report';
import { reportText } from '../../../scripts/runs/report-text';

const report = (geo: Partial<StreamReport>): VerificationReport => {
  const streams = perStream(
    ({ name, table }): StreamReport => ({
      ...{
        topic: topicOf('ada', name),
        table,
        equal: true,
        rows: 5,
        records: 5,
        lastKey: '7',
        deadLettered: 0,
      },
      ...{ missing: 0, extra: 0, changed: 0, duplicate: 0, strayDeadLetters: 0 },
      ...{ digest: { table: 'a', topic: 'a' }, examples: [] },
    }),
  );
  return {
    equal: true,
    streams: { ...streams, geo: { ...streams.geo, ...geo } },
    unknownDeadLetters: 0,
    elapsedMs: 300,
  };
};

test('says of a topic that follows changes how many of its records are of the past', () => {
  const lines = reportText(
    report({ records: 1_022, changes: { keys: 1_012, superseded: 1_015, tombstones: 2 } }),
  ).split('\n');
  expect(lines.slice(4)).toEqual([
    'ada.geo: 1,012 keys follow changes, with 2 tombstones and 1,015 records that newer ones replace',
    'Equal: 15 rows are in their topics once (0.3 s).',
  ]);
});

test('says nothing of changes where there are none', () => {
  expect(reportText(report({})).split('\n').slice(4)).toEqual([
    'Equal: 15 rows are in their topics once (0.3 s).',
  ]);
});
