import net from 'node:net';
import { serverFiles } from '../../../scripts/local/downloads';
import { type LocalKafka, startKafka } from '../../../scripts/local/kafka';
import { createTopics } from '../../../scripts/local/topics';
import { silentProgress } from '../../../scripts/terminal/progress';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { testDirectory, testKafka, uniqueName } from '../../support/servers';

/**
 * Maximum of new connections of one run to one broker. A t3 broker of MSK accepts four in a second, and refuses the others:
 * https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
 */
const MOST = 2;

let cluster: LocalKafka;

beforeAll(async () => {
  const { kafkaClassPath } = await serverFiles(silentProgress);
  cluster = await startKafka({ classPath: kafkaClassPath, directory: testDirectory(), brokers: 3 });
}, 120_000);

afterAll(() => cluster.stop());

test(`a cold run opens at most ${MOST} connections to each broker`, async () => {
  const userId = uniqueName();
  await createTopics(testKafka(cluster.bootstrapServers), userId);
  const pipeline = await testPipeline(3, { bootstrapServers: cluster.bootstrapServers, userId });
  await pipeline.sql(...SMALL_TABLES);
  const opened = jest.spyOn(net, 'connect');

  await pipeline.emit({}, { cold: true });

  const ports = opened.mock.calls.map(([options]) => (options as unknown as net.TcpNetConnectOpts).port);
  const counts = cluster.brokers.map(({ port }) => ports.filter((one) => one === port).length);
  opened.mockRestore();
  expect(Math.min(...counts)).toBeGreaterThan(0);
  expect(Math.max(...counts)).toBeLessThanOrEqual(MOST);
});
