import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { type SshTarget, sshArguments, sshConfigEntry } from '../../../scripts/aws/ssh';
import { openTunnelThrough } from '../../../scripts/aws/tunnel';
import { testDirectory, testServers } from '../../support/servers';
import { type SshServer, sshServer } from '../../support/ssh-server';

const directory = testDirectory();
const keyFile = path.join(directory, 'ada.pem');
let server: SshServer;

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
  server = await sshServer(readFileSync(`${keyFile}.pub`, 'utf8'), 'ec2-user');
});

afterAll(async () => await server.close());

const targetNamed = (name: string): SshTarget => ({
  instanceId: `i-${name}`,
  host: '127.0.0.1',
  port: server.port,
  user: 'ec2-user',
  keyFile,
  knownHostsFile: path.join(directory, `known hosts ${name}`),
  throughSessionManager: false,
});

/** What OpenSSH's own client did. */
const ssh = async (args: readonly string[]) =>
  await promisify(execFile)('ssh', ['-o', 'BatchMode=yes', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test('a command runs on the machine, and its status comes back', async () => {
  expect(await ssh([...sshArguments(targetNamed('run')), 'topics', '--list'])).toMatchObject({
    code: 7,
    stdout: 'ran topics --list\n',
  });
});

test('the host key is pinned when it is seen first, under the name of the machine', async () => {
  const target = targetNamed('pinned');
  await ssh([...sshArguments(target), 'topics']);
  expect(readFileSync(target.knownHostsFile, 'utf8')).toMatch(/^i-pinned ssh-ed25519 /);

  const other = await sshServer(readFileSync(`${keyFile}.pub`, 'utf8'), 'ec2-user');
  const answer = await ssh([...sshArguments({ ...target, port: other.port }), 'topics']);
  await other.close();

  expect(answer).toMatchObject({
    code: 255,
    stderr: expect.stringContaining('HOST IDENTIFICATION HAS CHANGED'),
  });
});

test('the entry for VS Code leads to the same place', async () => {
  const config = path.join(directory, 'config');
  writeFileSync(config, `${sshConfigEntry('ada-client', targetNamed('vs-code'))}\n`);

  expect(await ssh(['-F', config, 'ada-client', 'topics'])).toMatchObject({ stdout: 'ran topics\n' });
});

test('a tunnel leads to the database until it is closed', async () => {
  const { admin } = testServers();
  const tunnel = await openTunnelThrough(targetNamed('tunnel'), { host: '127.0.0.1', port: admin.port });
  try {
    const connection = await createConnection({ ...admin, port: tunnel.port });
    const [rows] = await connection.query('SELECT @@port AS port');
    await connection.end();

    expect(rows).toEqual([{ port: admin.port }]);
    expect(server.forwarded).toContain(`127.0.0.1:${admin.port}`);
  } finally {
    await tunnel.close();
  }
  await expect(createConnection({ ...admin, port: tunnel.port })).rejects.toThrow('ECONNREFUSED');
});

test('a tunnel that cannot be opened says what SSH said, and leaves no process', async () => {
  const stranger = path.join(directory, 'stranger.pem');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);

  await expect(
    openTunnelThrough({ ...targetNamed('refused'), keyFile: stranger }, { host: '127.0.0.1', port: 1 }),
  ).rejects.toThrow(
    /SSH to the Kafka client i-refused \(127.0.0.1\) did not open a tunnel: .*Permission denied/s,
  );
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(stranger);
});

test('a tunnel does not take the port of another program', async () => {
  const { port } = testServers().admin;

  await expect(openTunnelThrough(targetNamed('taken'), { host: '127.0.0.1', port }, port)).rejects.toThrow(
    `--tunnel is ${port}: another program listens on that port of 127.0.0.1.`,
  );
});
