import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addSamplePosts, loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import { EmitterProcess } from '../../../scripts/local/emitter-process';
import { testPipeline } from '../../support/pipeline';
import { testServers } from '../../support/servers';

/** How often the emitter is killed while it copies. */
const KILLS = 25;

test(`killed ${KILLS} times at random moments, the emitter neither loses nor repeats a row`, async () => {
  const pipeline = await testPipeline();
  await loadSampleTables(pipeline.logins.owner, { rows: 100_000 });
  const logFile = path.join(testServers().directory, `${pipeline.userId}.log`);

  for (let kills = 0; kills < KILLS; ) {
    const emitter = new EmitterProcess(pipeline.variables, logFile);
    let commitsToGo = Math.floor(Math.random() * 3);
    const run = emitter.invoke({}, () => {
      commitsToGo -= 1;
      if (commitsToGo === 0) void delay(Math.random() * 100).then(() => emitter.kill('SIGKILL'));
    });
    // Some die before their first commit: while they start, fence, read the checkpoint or send.
    if (commitsToGo === 0) void delay(500 + Math.random() * 1_500).then(() => emitter.kill('SIGKILL'));
    const wasKilled = await run.then(
      () => false,
      (error: Error) => {
        if (error.name !== 'Crashed') throw error;
        return true;
      },
    );
    await emitter.stop();
    if (wasKilled) kills += 1;
    else await addSamplePosts(pipeline.logins.owner, 30_000);
  }
  await pipeline.emit();

  const report = await pipeline.verify();
  expect(report).toMatchObject({ equal: true });
  expect(report.streams.pin.rows).toBeGreaterThanOrEqual(100_000);
}, 300_000);
