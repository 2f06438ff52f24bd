import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { fetchKey } from '../../scripts/fetch-key';
import { awsAnswer } from '../support/aws-answer';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'fetch-key-'));
const ec2 = mockClient(EC2Client);
const ssm = mockClient(SSMClient);

const ed25519 = newKey('ed25519', '-t', 'ed25519');
const rsa = newKey('rsa', '-t', 'rsa', '-b', '2048', '-m', 'PEM');

beforeEach(() => {
  ec2.reset();
  ssm.reset();
  deploy(ed25519);
});

afterAll(() => rmSync(directory, { recursive: true }));

const fetch = (...argv: readonly string[]) => runCommand(fetchKey, '--aws', '--user-id', 'ada', ...argv);

test('asks for the key pair that the configuration names, and for its private key, decrypted', async () => {
  await fetch('--out', fileNamed('asked.pem'));
  await fetch('--out', fileNamed('asked.pem'), '-c', 'pipeline.keyPairName=other');

  expect(ec2.calls().map(({ args }) => args[0].input)).toEqual([
    { KeyNames: ['ada-key-pair'] },
    { KeyNames: ['other'] },
  ]);
  expect(ssm.call(0).args[0].input).toEqual({ Name: '/ec2/keypair/key-0a1b', WithDecryption: true });
});

test('writes a file that opens with OpenSSH and only its owner may read, and leaves nothing else', async () => {
  const file = fileNamed('alone/ada.pem');

  expect(await fetch('--out', file)).toMatchObject({ status: 0 });

  expect(statSync(file).mode & 0o777).toBe(0o400);
  expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' })).toBe(ed25519.publicKey);
  expect(readdirSync(path.dirname(file))).toEqual(['ada.pem']);
});

test.each([
  ['ED25519', ed25519],
  ['RSA', rsa],
])('shows the fingerprint of an %s key beside the one that EC2 has', async (_, key) => {
  deploy(key);

  const { stdout } = await fetch('--out', fileNamed(`${key.name}-compared.pem`), '--json');

  expect(JSON.parse(stdout)).toMatchObject({ fingerprint: key.fingerprint, matches: true });
});

test('says that another key than the one of EC2 does not open the client', async () => {
  deploy(ed25519, rsa.fingerprint);

  expect(await fetch('--out', fileNamed('mismatch.pem'))).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('DIFFERENT'),
  });
});

test('never shows the key', async () => {
  const { stdout, stderr } = await fetch('--out', fileNamed('shown.pem'));

  for (const line of ed25519.privateKey.split('\n').filter((text) => text !== '')) {
    expect(stdout + stderr).not.toContain(line);
  }
});

test('keeps a file that holds the same key, and mends its mode', async () => {
  const file = fileNamed('same.pem');
  await fetch('--out', file);
  chmodSync(file, 0o644);

  const { status, stdout } = await fetch('--out', file);

  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('as it was') });
  expect(statSync(file).mode & 0o777).toBe(0o400);
});

test('replaces a file that holds another key only when told to', async () => {
  const file = fileNamed('other.pem');
  writeFileSync(file, 'another key\n');

  expect(await fetch('--out', file)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`${file} holds another key. --force replaces it`),
  });
  expect(readFileSync(file, 'utf8')).toBe('another key\n');

  expect(await fetch('--out', file, '--force')).toMatchObject({ status: 0 });
  expect(readFileSync(file, 'utf8')).toBe(ed25519.privateKey);
});

test('refuses to write where git would track the file', async () => {
  const repository = fileNamed('repository');
  mkdirSync(repository);
  execFileSync('git', ['init', '--quiet', repository]);
  const file = path.join(repository, 'ada.pem');

  expect(await fetch('--out', file)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`${file} would be tracked by git`),
  });
  expect(readdirSync(repository)).toEqual(['.git']);

  writeFileSync(path.join(repository, '.gitignore'), '*.pem\n');
  expect(await fetch('--out', file)).toMatchObject({ status: 0 });
});

test('writes nothing when Parameter Store does not hold a private key', async () => {
  deploy({ ...ed25519, privateKey: 'not a key' });

  expect(await fetch('--out', fileNamed('broken/ada.pem'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Parameter Store does not hold a private key that OpenSSH can open'),
  });
  expect(readdirSync(fileNamed('broken'))).toEqual([]);
});

test('says what is not deployed', async () => {
  ec2.on(DescribeKeyPairsCommand).rejects(awsAnswer('InvalidKeyPair.NotFound'));

  expect(await fetch()).toMatchObject({
    status: 2,
    stderr:
      'On AWS, us-east-1, user id ada.\n' +
      'There is no key pair ada-key-pair in us-east-1 of AWS: "npm run deploy" creates it, in the stack Pinterest-ada-KafkaClient.\n',
  });
});

test('says that the private key is gone', async () => {
  ssm.on(GetParameterCommand).rejects(awsAnswer('ParameterNotFound'));

  expect(await fetch()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Parameter Store has no private key /ec2/keypair/key-0a1b.'),
  });
});

test('adds the key to the ssh-agent, without a file', async () => {
  const agent = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
  const [, socket = ''] = /SSH_AUTH_SOCK=([^;]+)/.exec(agent) ?? [];
  const [, pid] = /SSH_AGENT_PID=(\d+)/.exec(agent) ?? [];
  process.env['SSH_AUTH_SOCK'] = socket;
  try {
    expect(await fetch('--ssh-agent')).toMatchObject({ status: 0 });

    const listed = execFileSync('ssh-add', ['-L'], { encoding: 'utf8', env: process.env });
    expect(listed).toContain(ed25519.publicKey.trim());
  } finally {
    process.kill(Number(pid));
  }

  expect(await fetch('--ssh-agent')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('The ssh-agent did not accept the key'),
  });
});

test('refuses options that contradict each other, and a wrong user id', async () => {
  expect(await fetch('--ssh-agent', '--force')).toMatchObject({
    status: 2,
    stderr: '--ssh-agent writes no file: leave out --out and --force.\n',
  });
  expect(await fetch('--user-id', 'no spaces')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('pipeline.userId is "no spaces": allowed: 1 to 32 letters'),
  });
});

interface Key {
  readonly name: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** A key as EC2 makes it, with the fingerprint that OpenSSH and OpenSSL compute. */
function newKey(name: string, ...type: readonly string[]): Key {
  const file = path.join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', '', '-f', file, ...type]);
  const privateKey = readFileSync(file, 'utf8');
  return {
    name,
    privateKey,
    publicKey: execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }),
    fingerprint: name === 'rsa' ? sha1OfPkcs8(file) : sha256OfPublicKey(file),
  };
}

function sha256OfPublicKey(file: string): string {
  const answer = execFileSync('ssh-keygen', ['-l', '-E', 'sha256', '-f', file], { encoding: 'utf8' });
  const [, digest] = /SHA256:(\S+)/.exec(answer) ?? [];
  return `${digest}=`;
}

function sha1OfPkcs8(file: string): string {
  const der = execFileSync('openssl', ['pkcs8', '-in', file, '-topk8', '-nocrypt', '-outform', 'DER']);
  const answer = execFileSync('openssl', ['sha1', '-c'], { input: der, encoding: 'utf8' });
  return answer.trim().split(/\s/).at(-1) as string;
}

function deploy(key: Key, fingerprint = key.fingerprint): void {
  ec2.on(DescribeKeyPairsCommand).resolves({
    KeyPairs: [{ KeyPairId: 'key-0a1b', KeyFingerprint: fingerprint }],
  });
  ssm.on(GetParameterCommand).resolves({ Parameter: { Value: key.privateKey } });
}

/** A path in the folder of this test, in a folder that exists. */
function fileNamed(name: string): string {
  const file = path.join(directory, 'files', name);
  mkdirSync(path.dirname(file), { recursive: true });
  return file;
}
