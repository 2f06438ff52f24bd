import { setTimeout as delay } from 'node:timers/promises';
import type { EmitterRunError } from '../runs/emitter-run-error';
import type { Progress } from '../terminal/progress';
import type { EmitterProcess } from './emitter-process';
import type { LocalServers } from './pipeline-servers';

/** Emits on a schedule, as EventBridge does on AWS: a failed run is followed by the next one. */
export async function keepEmitting(
  emitters: readonly EmitterProcess[],
  { kafka, database }: LocalServers,
  files: { readonly creds: string; readonly ownerCreds: string },
  everySeconds: number,
  progress: Progress,
): Promise<never> {
  const { host, port, database: name, user } = database.owner;
  progress.note(`
Kafka      ${kafka.bootstrapServers.join(',')}
MariaDB    mariadb --host ${host} --port ${port} --user ${user} --password ${name}
           passwords: ${files.ownerCreds} (may write), ${files.creds} (may read)
Emitting every ${everySeconds} s until Ctrl-C. In a second terminal: npm start -- --add 100 --change 10 --delete 5, npm run verify
`);
  for (;;) {
    await delay(everySeconds * 1_000);
    await Promise.all(
      emitters.map(async (emitter, shard) => {
        const outcome = await emitter.invoke({ shard }).then(
          ({ summary }) => JSON.stringify(summary),
          (error: EmitterRunError) => {
            if (error.name === 'Crashed') throw error;
            return `${error.name}: ${error.message}`;
          },
        );
        progress.note(`${new Date().toISOString()} ${outcome}`);
      }),
    );
  }
}
