import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { offsets } from '../../scripts/offsets';
import { tail } from '../../scripts/tail';
import type { CommandLine } from '../../scripts/terminal/command';
import { topics } from '../../scripts/topics';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'topic-commands-'));
const key = path.join(directory, 'ada.pem');
const pathBefore = process.env['PATH'];

beforeAll(() => {
  writeFileSync(key, '');
  const script = `#!/bin/sh\necho "$@" >'${directory}/arguments'\nexit 7\n`;
  writeFileSync(path.join(directory, 'ssh'), script, { mode: 0o755 });
  process.env['PATH'] = directory;
  mockClient(EC2Client)
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ State: { Name: 'running' }, PublicDnsName: 'client' }] }] });
});

beforeEach(() =>
  deployedStacks({
    'Pinterest-ada-KafkaClient': { InstanceId: 'i-0123', KeyPairName: 'ada-key-pair', KeyPairParameter: 'p' },
  }),
);

afterAll(() => {
  process.env['PATH'] = pathBefore;
  rmSync(directory, { recursive: true });
});

const onAws = (command: CommandLine, ...argv: readonly string[]) =>
  runCommand(command, '--aws', '--user-id', 'ada', '--key', key, ...argv);

describe('on AWS', () => {
  test.each<[string, CommandLine, string[], string]>([
    ['topics', topics, [], 'topics'],
    ['tail', tail, ['pin'], 'tail-topic pin'],
    ['tail', tail, ['dead-letter', '--max-messages', '5'], 'tail-topic dead-letter --max-messages 5'],
    ['offsets', offsets, [], 'offsets'],
  ])(
    '%s runs the command of the Kafka client, and ends with its status',
    async (_name, command, argv, expected) => {
      expect(await onAws(command, ...argv)).toMatchObject({ status: 7 });

      const [, said] = readFileSync(path.join(directory, 'arguments'), 'utf8').trim().split(' client ');
      expect(said).toBe(expected);
    },
  );

  test('has no JSON', async () => {
    expect(await onAws(topics, '--json')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('--json is for a pipeline on this machine'),
    });
  });

  test('says that the Kafka client is not deployed', async () => {
    deployedStacks({});

    expect(await onAws(offsets)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('The stack Pinterest-ada-KafkaClient is not deployed'),
    });
  });
});

describe('refused', () => {
  test.each<[string, CommandLine, string[], string]>([
    ['tail', tail, ['pins'], "value 'pins' is invalid"],
    ['tail', tail, ['pins'], 'Allowed choices are pin, geo, user, dead-letter.'],
    ['tail', tail, [], "missing required argument 'pin|geo|user|dead-letter'"],
    ['tail', tail, ['pin', 'geo'], 'too many arguments'],
    [
      'tail',
      tail,
      ['pin', '--max-messages', '0'],
      "argument '0' is invalid. allowed: a whole number from 1 on.",
    ],
    ['topics', topics, ['--brokers', 'localhost'], "argument 'localhost' is invalid. allowed: host:port"],
    ['topics', topics, ['--brokers', 'localhost:9092'], '--brokers and --user-id go together: give both.'],
    ['offsets', offsets, ['--kafka-authentication', 'iam'], '--kafka-authentication is for your own Kafka'],
  ])('%s %j', async (_name, command, argv, message) => {
    const { status, stdout, stderr } = await runCommand(command, ...argv);

    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
