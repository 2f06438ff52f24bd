import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { topicsOf } from '../../lambda/shared/streams';
import { createDatabase, type DatabaseLogins, dropDatabase } from '../../scripts/local/database-logins';
import { createTopics } from '../../scripts/local/topics';
import { testServers } from './test-servers';

export { testServers } from './test-servers';

const cleanUps: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  await Promise.all(cleanUps.map((cleanUp) => cleanUp()));
});

/** A name that no other test uses. */
export const uniqueName = (): string => `t${randomBytes(6).toString('hex')}`;

/** A folder name for a test's own servers or files; it goes away with the whole run. */
export const testDirectory = (): string => path.join(testServers().directory, uniqueName());

/** @param brokers `host:port` of each. @default the shared broker */
export const testKafka = (brokers = testServers().bootstrapServers): Kafka =>
  new Kafka({
    clientId: 'test',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 10_000,
    retry: { retries: 10, initialRetryTime: 100 },
  });

/** Runs something with an admin client, by default of the shared broker, which is disconnected afterwards. */
export async function withAdmin<T>(work: (admin: Admin) => Promise<T>, kafka = testKafka()): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/**
 * A new, empty database with its two logins; in the shared server it is dropped after the tests of the file.
 *
 * @param ownAdmin of a server of the test's own. @default the shared server
 */
export async function testDatabase(ownAdmin?: DatabaseLogin): Promise<DatabaseLogins> {
  const admin = ownAdmin ?? testServers().admin;
  const name = uniqueName();
  const logins = await createDatabase(admin, name, `${name}_`);
  if (ownAdmin === undefined) cleanUps.push(() => dropDatabase(admin, logins));
  return logins;
}

/**
 * A new user id whose four topics exist; they are deleted after the tests of the file.
 *
 * @param partitions of each topic. @default 3
 */
export async function testUserId(partitions = 3): Promise<string> {
  const userId = uniqueName();
  await createTopics(testKafka(), userId, partitions);
  cleanUps.push(() => withAdmin((admin) => admin.deleteTopics({ topics: topicsOf(userId) })));
  return userId;
}
