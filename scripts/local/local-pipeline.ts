import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../../lambda/shared/errors';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { writePrivateFile } from '../machine/private-file';

/** File with the connection data of the pipeline of `npm start -- --keep`, while it runs. */
const FILE = path.join(LOCAL_DIRECTORY, 'pipeline.json');

const schema = z.object({
  userId: z.string(),
  /** Bootstrap brokers, `host:port` separated by commas. */
  brokers: z.string(),
  /** The emitter's login, which may only read; a `db_creds.yaml`. */
  creds: z.string(),
  /** The login that may also write; a `db_creds.yaml`. */
  ownerCreds: z.string(),
  /** Process that runs it. */
  pid: z.number(),
});

/** Connection data of a pipeline on this machine. */
export type LocalPipeline = z.infer<typeof schema>;

/** Announces a running pipeline to other commands; returns a function that withdraws the announcement. */
export function announcePipeline(pipeline: Omit<LocalPipeline, 'pid'>): () => void {
  writePrivateFile(FILE, JSON.stringify({ ...pipeline, pid: process.pid } satisfies LocalPipeline));
  return () => rmSync(FILE, { force: true });
}

/** The pipeline that `npm start -- --keep` runs on this machine; `undefined` when none does. */
export function findRunningPipeline(): LocalPipeline | undefined {
  try {
    const pipeline = schema.parse(JSON.parse(readFileSync(FILE, 'utf8')));
    process.kill(pipeline.pid, 0);
    return pipeline;
  } catch {
    return undefined;
  }
}

/**
 * The pipeline that runs on this machine.
 *
 * @throws ConfigurationError when none does.
 */
export function runningPipeline(): LocalPipeline {
  const pipeline = findRunningPipeline();
  if (pipeline !== undefined) return pipeline;
  throw new ConfigurationError('No pipeline runs on this machine: start one with "npm start -- --keep".');
}
