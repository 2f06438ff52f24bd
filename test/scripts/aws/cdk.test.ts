import { cdk, contextArguments } from '../../../scripts/aws/cdk';

/** The CLI starts in about two seconds, and later beside other tests. */
const TIMEOUT_MS = 60_000;

const ACCOUNT = { environment: { ...process.env, CI: 'true' } };

test(
  'gives the exit status of the real CLI',
  async () => {
    await expect(cdk(ACCOUNT, ['--version'])).resolves.toBe(0);
    await expect(cdk(ACCOUNT, ['no-such-command'])).resolves.toBe(1);
  },
  TIMEOUT_MS,
);

test('configuration is one argument a field', () => {
  expect(contextArguments(['pipeline.userId=ada', 'pipeline.kafka.brokers=6'])).toEqual([
    '--context',
    'pipeline.userId=ada',
    '--context',
    'pipeline.kafka.brokers=6',
  ]);
});
