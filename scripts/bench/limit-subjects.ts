import path from 'node:path';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { startChild } from '../local/child-processes';
import { writeCredentialsFile } from '../local/database-logins';
import { createTopics } from '../local/topics';
import type { Subject } from './bench-context';
import { checkWritten, streamTopics } from './bench-topics';
import { builtProgram } from './built-program';
import { type Measured, measure } from './measure';
import { PARTIES } from './measurement';
import { outputOf } from './program-output';

/** Measures the limit of the database: rows are read as the emitter reads them, and dropped. */
export const measureSelect: Subject = async (benchContext, name) => {
  const { servers, rows, directory } = benchContext;
  const records = STREAMS.length * rows;
  const program = await builtProgram(path.join(__dirname, 'select-program.ts'), directory);
  const credentials = path.join(directory, `${name}.yaml`);
  writeCredentialsFile(credentials, servers.database.emitter);
  const { result, ...taken } = await measure(
    benchContext,
    () => startChild({ name, directory, command: process.execPath, args: [program, credentials] }),
    outputOf,
  );
  if (Number(result) !== records) throw new Error(`${result} rows were read instead of ${records}.`);
  return { measurements: [{ subject: 'select', rows, records, ...taken }] };
};

/** Measures the limit of Kafka: its own tool sends records of the same sizes to one topic after another, and counts the seconds. */
export const measureProducer: Subject = async (benchContext, name) => {
  const { kafka, servers, kafkaClassPath, rows, recordBytes, directory } = benchContext;
  await createTopics(kafka, name);
  const runs: Measured<string>[] = [];
  for (const stream of STREAMS) {
    const args = [
      ...['-Xmx512M', '-cp', kafkaClassPath, 'org.apache.kafka.tools.ProducerPerformance'],
      ...['--topic', topicOf(name, stream.name), '--num-records', String(rows), '--throughput', '-1'],
      ...['--record-size', String(recordBytes[stream.name])],
      '--producer-props',
      `bootstrap.servers=${servers.kafka.bootstrapServers.join(',')}`,
      ...['acks=all', 'enable.idempotence=true', 'linger.ms=5', 'batch.size=262144'],
    ];
    runs.push(
      await measure(
        benchContext,
        () => startChild({ name: `${name}-${stream.name}`, directory, command: 'java', args }),
        outputOf,
      ),
    );
  }
  await checkWritten(kafka, streamTopics(name), rows);
  const usage = Object.fromEntries(
    PARTIES.map((party) => [
      party,
      {
        cpuSeconds: runs.reduce((sum, run) => sum + run.usage[party].cpuSeconds, 0),
        peakBytes: Math.max(...runs.map((run) => run.usage[party].peakBytes)),
      },
    ]),
  ) as Measured<string>['usage'];
  const seconds = runs.reduce((sum, { result }) => sum + rows / rateIn(result), 0);
  return { measurements: [{ subject: 'producer', rows, records: STREAMS.length * rows, seconds, usage }] };
};

/** Records a second out of the last line that Kafka's tool writes. */
export function rateIn(output: string): number {
  const rate = /^\d+ records sent, ([\d.]+) records\/sec .*99\.9th\.?$/m.exec(output)?.[1];
  if (rate === undefined) throw new Error(`Kafka's producer tool says no rate:\n${output}`);
  return Number(rate);
}
