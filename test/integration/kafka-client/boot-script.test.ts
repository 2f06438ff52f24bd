import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { BOOT_SCRIPT } from '../../../lib/constructs/kafka-client/kafka-client';
import { testDirectory, testKafka, testServers, testUserId } from '../../support/servers';

const machine = testDirectory();
const settings = {
  KAFKA_HOME: path.join(machine, 'kafka'),
  COMMANDS: path.join(machine, 'bin'),
  PROFILE: path.join(machine, 'profile.sh'),
  LOGIN_HOME: path.join(machine, 'home'),
  // The shared broker speaks plain text.
  SECURITY_PROTOCOL: 'PLAINTEXT',
};
let userId: string;

beforeAll(async () => {
  mkdirSync(settings.LOGIN_HOME, { recursive: true });
  userId = await testUserId();
  const producer = testKafka().producer();
  await producer.connect();
  await producer.send({ topic: `${userId}.pin`, messages: [{ key: '7528', value: '{"index":7528}' }] });
  await producer.disconnect();
});

describe('a machine on which the boot script has run', () => {
  beforeAll(() => {
    expect(boot()).toMatchObject({ status: 0 });
  }, 300_000);

  test('lists topics at the first login', () => {
    const command =
      'kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --command-config client.properties --list';

    expect(login(command)).toContain(`${userId}.pin`);
  });

  test('has a short command for that', () => {
    expect(login('topics')).toContain(`${userId}.dead-letter`);
  });

  test('shows the messages of a topic with their keys', () => {
    expect(login('tail-topic pin --max-messages 1')).toBe('7528\t{"index":7528}\n');
  });

  test('shows the checkpoints of the emitter’s shards, and where each partition ends', async () => {
    const admin = testKafka().admin();
    await admin.connect();
    for (const [group, offset] of [
      ['emitter', '7529'],
      ['emitter.2', '30'],
    ]) {
      await admin.setOffsets({
        groupId: `${userId}.${group}`,
        topic: `${userId}.pin`,
        partitions: [{ partition: 0, offset: `${offset}` }],
      });
    }
    await admin.disconnect();

    const shown = login('offsets');
    expect(shown).toMatch(new RegExp(`${userId}\\.emitter +${userId}\\.pin +0 +7529 `));
    expect(shown).toMatch(new RegExp(`${userId}\\.emitter\\.2 +${userId}\\.pin +0 +30 `));
    expect(shown).toMatch(new RegExp(`^${userId}\\.geo:2:0$`, 'm'));
    expect(shown).not.toContain('does not exist');
  });

  test('may be booted again', () => {
    expect(boot().status).toBe(0);
  });
});

test('a jar that is not the one that was pinned fails the boot', () => {
  appendFileSync(path.join(settings.KAFKA_HOME, 'libs/slf4j-api-1.7.36.jar'), 'x');

  const { status, stderr } = boot();
  expect(status).not.toBe(0);
  expect(stderr).toContain('1 computed checksum did NOT match');
});

function boot() {
  const { status, stderr } = spawnSync('bash', [BOOT_SCRIPT], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      USER_ID: userId,
      BOOTSTRAP: testServers().bootstrapServers.join(','),
      ...settings,
    },
  });
  return { status, stderr };
}

/** What a command prints that somebody types who has just signed in. */
const login = (command: string): string =>
  execFileSync('bash', ['-c', `. '${settings.PROFILE}'; ${command}`], {
    cwd: settings.LOGIN_HOME,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: `${settings.COMMANDS}:${process.env['PATH']}` },
  });
