import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../../lib/config';
import { billOf } from '../../../scripts/cost/bill';

const PAGE = readFileSync(path.join(__dirname, '../../../lib/README.md'), 'utf8');

test('the table of the stacks says what the command says', () => {
  const { stacks, monthly } = billOf(parseConfig({ userId: 'pinterest' }));
  const said = PAGE.matchAll(
    /^\| (Network|KafkaCluster|KafkaClient|RdsAccess|Emitter|all) \|.*\| ([\d.]+) \|$/gm,
  );

  expect([...said].map(([, stack, dollars]) => [stack, dollars])).toEqual([
    ...stacks.map((one) => [one.stack, one.monthly.toFixed(2)]),
    ['all', monthly.toFixed(2)],
  ]);
});
