import { networkInterfaces } from 'node:os';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { serverFiles } from '../../../scripts/local/downloads';
import { type LocalKafka, startKafka } from '../../../scripts/local/kafka';
import { createTopics } from '../../../scripts/local/topics';
import { silentProgress } from '../../../scripts/terminal/progress';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { testDirectory, uniqueName, withAdmin } from '../../support/servers';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((found) => found?.address === '::1');

(hasIpv6 ? describe : describe.skip)('on a machine with IPv6', () => {
  let kafka: LocalKafka;
  let broker: string;

  beforeAll(async () => {
    const { kafkaClassPath: classPath } = await serverFiles(silentProgress);
    kafka = await startKafka({
      classPath,
      directory: testDirectory(),
      properties: ({ port, controllerPort, sparePort }) => {
        broker = `[::1]:${sparePort}`;
        const listeners = `PLAINTEXT://127.0.0.1:${port},IPV6://${broker}`;
        return {
          listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
          'advertised.listeners': listeners,
          'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,IPV6:PLAINTEXT',
        };
      },
    });
  });

  afterAll(() => kafka.stop());

  test('a broker with an IPv6 address takes all that is emitted', async () => {
    const userId = uniqueName();
    const client = createKafka({ brokers: [broker], authentication: 'none', region: 'us-east-1' });
    await createTopics(client, userId, 1);
    const pipeline = await testPipeline(1, { userId, bootstrapServers: kafka.bootstrapServers });
    await pipeline.sql(...SMALL_TABLES, "INSERT INTO user_data VALUES (1, 'Ada'), (2, 'Grace')");

    const summary = await pipeline.newEmitter({ KAFKA_BROKERS: broker }).handle({}, 60_000);

    expect(summary).toMatchObject({ emitted: { user: 2 }, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
    const { brokers } = await withAdmin((admin) => admin.describeCluster(), client);
    expect(brokers.map(({ host, port }) => `[${host}]:${port}`)).toEqual([broker]);
  });
});
