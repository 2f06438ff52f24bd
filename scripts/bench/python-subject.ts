import path from 'node:path';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { startChild } from '../local/child-processes';
import { pythonWith } from '../local/python-environment';
import { createTopics } from '../local/topics';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { writePrivateFile } from '../machine/private-file';
import { inUtf8 } from '../machine/program-environment';
import type { Progress } from '../terminal/progress';
import type { Subject } from './bench-context';
import { streamTopics } from './bench-topics';
import { measure } from './measure';
import { outputOf } from './program-output';

/** Returns the Python with the packages of the loop; creates it at the first use. */
export const loopPython = (progress: Progress): Promise<string> =>
  pythonWith(
    {
      user: 'The loop that the emitter is compared with',
      content: 'PyMySQL and kafka-python',
      requirements: path.join(__dirname, 'python-loop', 'requirements.txt'),
      directory: path.join(LOCAL_DIRECTORY, 'python-loop'),
    },
    progress,
  );

/** Measures the original project's loop for a while, and extrapolates the time for all rows. */
export const measurePython: Subject = async (benchContext, name) => {
  const { servers, kafka, rows, directory, pythonSeconds, progress } = benchContext;
  const { host, port, user, password, database } = servers.database.emitter;
  const settings = path.join(directory, `${name}.json`);
  writePrivateFile(
    settings,
    JSON.stringify({
      brokers: servers.kafka.bootstrapServers,
      login: { host, port, user, password, database },
      tables: Object.fromEntries(STREAMS.map((stream) => [stream.table, topicOf(name, stream.name)])),
      rows,
      seconds: pythonSeconds,
    }),
  );
  const command = await loopPython(progress);
  await createTopics(kafka, name);
  const args = [path.join(__dirname, 'python-loop', 'loop.py'), settings];
  const { result, usage } = await measure(
    benchContext,
    () => startChild({ name, directory, command, args, environment: inUtf8() }),
    outputOf,
  );
  const { records, seconds } = JSON.parse(result.trim().split('\n').at(-1) ?? '') as {
    records: number;
    seconds: number;
  };
  const ranges = await committedOffsetRanges(kafka, streamTopics(name));
  const written = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  if (written !== records) throw new Error(`The topics have ${written} records instead of ${records}.`);
  return { measurements: [{ subject: 'python', rows, records, seconds, usage }] };
};
