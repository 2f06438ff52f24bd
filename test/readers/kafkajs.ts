/** Writes the committed records of a topic as JSON, a line each: npx tsx kafkajs.ts BROKERS TOPIC */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { hideAbortedFromConsumers } from '../../lambda/shared/kafka/aborted-records';

const [brokers = '', topic = ''] = process.argv.slice(2);
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ decompress: promisify(zstdDecompress) });
hideAbortedFromConsumers();
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.WARN });
const consumer = kafka.consumer({ groupId: `reader-${process.pid}`, readUncommitted: false });
let idle: NodeJS.Timeout | undefined; // Ends when nothing has come for five seconds.
consumer.on('consumer.group_join', () => {
  idle = setTimeout(() => void consumer.disconnect(), 5_000);
});
void consumer.subscribe({ topic, fromBeginning: true }).then(() =>
  consumer.run({
    eachMessage: async ({ partition, message: { offset, key, value, headers } }) => {
      idle?.refresh();
      const row = value && JSON.parse(String(value)); // `null` is a tombstone.
      const op = String(headers?.['op'] ?? '');
      const record = { partition, offset: Number(offset), key: String(key), op, row };
      process.stdout.write(`${JSON.stringify(record)}\n`);
    },
  }),
);
