import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeInstancesCommand, EC2Client, type InstanceStateName } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { commandArguments } from '../../scripts/aws/kafka-client-login';
import { sshArguments } from '../../scripts/aws/ssh';
import { connect } from '../../scripts/connect';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'connect-'));
const key = path.join(directory, 'ada.pem');
const ec2 = mockClient(EC2Client);
const pathBefore = process.env['PATH'];

beforeAll(() => writeFileSync(key, ''));

beforeEach(() => {
  deployedStacks({
    'Pinterest-ada-KafkaClient': { InstanceId: 'i-0123', KeyPairName: 'ada-key-pair', KeyPairParameter: 'p' },
  });
  machine('running');
});

afterEach(() => {
  process.env['PATH'] = pathBefore;
});

afterAll(() => rmSync(directory, { recursive: true }));

const run = (...argv: readonly string[]) =>
  runCommand(connect, '--aws', '--user-id', 'ada', '--key', key, ...argv);

function machine(Name: InstanceStateName): void {
  ec2.on(DescribeInstancesCommand).resolves({
    Reservations: [{ Instances: [{ State: { Name }, PublicDnsName: 'ec2-203-0-113-7.example.com' }] }],
  });
}

test('prints the Host entry that VS Code Remote-SSH reads', async () => {
  const { status, stdout } = await run('--ssh-config');

  expect(status).toBe(0);
  expect(stdout.replaceAll(path.resolve(__dirname, '../..'), '/project')).toBe(
    `Host pinterest-ada-kafkaclient
  HostName ec2-203-0-113-7.example.com
  User ec2-user
  Port 22
  IdentityFile "${key}"
  IdentitiesOnly yes
  HostKeyAlias i-0123
  UserKnownHostsFile "/project/.local/known_hosts"
  HashKnownHosts no
  StrictHostKeyChecking accept-new
  ConnectTimeout 15
`,
  );
});

const target = {
  instanceId: 'i-0123',
  host: '127.0.0.1',
  user: 'ada',
  keyFile: '/a b/100%/é.pem',
  knownHostsFile: String.raw`/it's "new"/back\slash`,
  throughSessionManager: false,
};

test('writes a path as SSH reads it', () => {
  expect(sshArguments(target)).toEqual(
    expect.arrayContaining([
      'IdentityFile="/a b/100%%/é.pem"',
      String.raw`UserKnownHostsFile="/it's \"new\"/back\\slash"`,
    ]),
  );
});

test('gives a command a terminal of its own where there is one, so that Ctrl-C ends it there', () => {
  const login = sshArguments(target);

  expect(commandArguments(target, ['tail-topic', 'pin'], true)).toEqual([
    '-t',
    ...login,
    'tail-topic',
    'pin',
  ]);
  expect(commandArguments(target, ['topics'], false)).toEqual([...login, 'topics']);
  // A shell has one anyway.
  expect(commandArguments(target, [], true)).toEqual(login);
});

test('says as JSON how to connect', async () => {
  const { stdout } = await run('--json');

  expect(JSON.parse(stdout)).toMatchObject({
    alias: 'pinterest-ada-kafkaclient',
    instanceId: 'i-0123',
    host: 'ec2-203-0-113-7.example.com',
    user: 'ec2-user',
    keyFile: key,
  });
});

test('through Session Manager the entry names the machine by its id, and no address', async () => {
  programs('aws', 'session-manager-plugin');

  const { stdout } = await run('--session-manager', '--ssh-config');

  expect(stdout).toContain('HostName i-0123\n');
  expect(stdout).toContain(
    'ProxyCommand aws ssm start-session --region us-east-1 --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p',
  );
});

test('through Session Manager opens the same login as over the internet, with its variables and files', async () => {
  programs('aws', 'session-manager-plugin', 'ssh');

  expect(await run('--session-manager')).toMatchObject({ status: 0 });

  const arguments_ = readFileSync(path.join(directory, 'ssh.arguments'), 'utf8');
  expect(arguments_).toContain('User=ec2-user');
  expect(arguments_).toContain('ProxyCommand=aws ssm start-session');
  expect(arguments_).toMatch(/ i-0123$/m);
});

test('says which program Session Manager needs', async () => {
  programs('aws');

  expect(await run('--session-manager')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      '--session-manager needs the program session-manager-plugin: https://docs.aws',
    ),
  });
});

test.each<[InstanceStateName, string]>([
  ['stopped', 'Start it: aws ec2 start-instances --region us-east-1 --instance-ids i-0123'],
  ['terminated', 'Deploy the stack KafkaClient again.'],
])('says what to do when the machine is %s', async (state, remedy) => {
  machine(state);

  expect(await run()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`The Kafka client i-0123 is ${state}. ${remedy}`),
  });
});

test('a tunnel is for a database of the pipeline’s own', async () => {
  const existing = JSON.stringify({
    mode: 'existing',
    host: 'db.example.com',
    name: 'posts',
    reach: { via: 'internet' },
  });

  expect(await run('--tunnel', '-c', `pipeline.database=${existing}`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'pipeline.database.mode is "existing": allowed with --tunnel: "provisioned".',
    ),
  });
  expect(await run('--tunnel', '70000')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("argument '70000' is invalid. allowed: 1 to 65535."),
  });
});

/** Makes these programs, and no others, be found. Each writes its arguments to `<name>.arguments`. */
function programs(...names: readonly string[]): void {
  const bin = mkdtempSync(path.join(directory, 'bin-'));
  for (const name of names) {
    const said = path.join(directory, `${name}.arguments`);
    writeFileSync(path.join(bin, name), `#!/bin/sh\necho "$@" >'${said}'\n`, { mode: 0o755 });
  }
  process.env['PATH'] = bin;
}
