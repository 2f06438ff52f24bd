import path from 'node:path';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { REGION } from '../../lib/config';
import { tell } from '../terminal/kafka-notices';
import { canDraw, openLiveScreen } from '../terminal/live-screen';
import type { CopyReport } from './copy';
import type { KeepView } from './keep-emitting';
import { runText, screenLines } from './keep-text';
import { type KeptRun, type KeptState, stateAfter, withRuns } from './kept-runs';
import { lastRecords } from './last-records';
import type { LocalServers } from './pipeline-servers';

/** A pipeline that goes on, and how to reach its servers. */
export interface KeptPipeline {
  readonly userId: string;
  readonly servers: LocalServers;
  /** Paths of the logins that may only read, and also write. */
  readonly creds: string;
  readonly ownerCreds: string;
  /** Seconds between two runs. */
  readonly everySeconds: number;
}

/**
 * Shows the runs of a pipeline: on a terminal as a screen that is redrawn in place, in a pipe or a file as one line a
 * run. With `json` standard output gets one line of JSON a run instead.
 *
 * @param reports the copies with which it began
 */
export function keepView(pipeline: KeptPipeline, reports: readonly CopyReport[], json: boolean): KeepView {
  if (!json && canDraw(process.stderr)) return screenView(pipeline, stateAfter(reports));
  tell(`\n${accessLines(pipeline).join('\n')}\n`);
  tell(`Emitting every ${pipeline.everySeconds} s until Ctrl-C.\n`);
  return {
    everySeconds: pipeline.everySeconds,
    committed: () => {},
    ended: async (runs) => {
      for (const run of runs) {
        if (json) process.stdout.write(`${JSON.stringify(run)}\n`);
        else tell(runText(run, runs));
      }
    },
    close: () => {},
  };
}

function screenView(pipeline: KeptPipeline, first: KeptState): KeepView {
  const { everySeconds, userId, servers } = pipeline;
  let state = first;
  let nextAt = Date.now() + everySeconds * 1_000;
  const running = new Map<number, number>();
  const access = accessLines(pipeline);
  const screen = openLiveScreen(() => {
    const now = Date.now();
    const isRunning = running.size > 0 || now >= nextAt;
    return screenLines(state, {
      ...{ userId, everySeconds, access, nextAt, now },
      running: isRunning ? [...running.values()].reduce((sum, rows) => sum + rows, 0) : undefined,
    });
  });
  // Without notices, which would be written across the screen.
  const kafka = createKafka({
    brokers: servers.kafka.bootstrapServers,
    authentication: 'none',
    region: REGION,
  });
  const showRecords = async (): Promise<void> => {
    try {
      state = { ...state, lastRecords: { ...state.lastRecords, ...(await lastRecords(kafka, userId)) } };
    } catch {
      // The next run shows the error of a broker that is gone.
    }
    screen.draw();
  };
  void showRecords();
  return {
    everySeconds,
    committed: (shard, rows) => {
      running.set(shard, rows);
      screen.draw();
    },
    ended: async (runs: readonly KeptRun[], next) => {
      const before = state.lastWithRows;
      state = withRuns(state, runs);
      nextAt = next;
      running.clear();
      screen.draw();
      if (state.lastWithRows !== before) await showRecords();
    },
    close: screen.close,
  };
}

function accessLines({ servers, creds, ownerCreds }: KeptPipeline): string[] {
  const { host, port, database, user } = servers.database.owner;
  return [
    `Kafka      ${servers.kafka.bootstrapServers.join(',')}`,
    `MariaDB    mariadb -h ${host} -P ${port} -u ${user} -p ${database}`,
    `           passwords: ${path.relative('', ownerCreds)} (may write)`,
    `                      ${path.relative('', creds)} (may read)`,
    'In a second terminal: npm start -- --add 100 --change 10 --delete 5',
    '                      npm run tail -- pin, npm run offsets, npm run verify',
  ];
}
