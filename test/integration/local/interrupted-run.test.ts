import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writeCredentialsFile } from '../../../scripts/local/database-logins';
import { testDirectory, testServers } from '../../support/servers';

/** A process that starts Kafka and MariaDB in a directory, says so with their process ids, and waits. */
async function startRun(directory: string): Promise<{ run: ChildProcess; pids: number[] }> {
  const script = `
    const { startLocalServers } = require(${JSON.stringify(path.resolve('scripts/local/pipeline-servers.ts'))});
    const { silentProgress } = require(${JSON.stringify(path.resolve('scripts/terminal/progress.ts'))});
    startLocalServers({ directory: ${JSON.stringify(directory)}, progress: silentProgress }).then(
      ({ kafka, database }) => console.log(JSON.stringify([kafka.brokers[0].pid, database.pid])),
      (error) => { console.log(JSON.stringify(error.message)); process.exit(1); },
    );`;
  const run = spawn(process.execPath, ['--import=tsx', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(run.stdout as NodeJS.ReadableStream), 'line');
  return { run, pids: JSON.parse(line) };
}

/** The processes, ours or not, that have the directory on their command line, by id. */
const serversIn = (directory: string): number[] =>
  spawnSync('ps', ['-eww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' })
    .stdout.split('\n')
    // Paths may have a space.
    .filter((line) => /[ /](java|mariadbd) -/.test(line) && line.includes(directory))
    .map((line) => Number.parseInt(line, 10));

test('a second run works after a kill -9 of the first, beside it is refused, and Ctrl-C leaves nothing', async () => {
  const directory = testDirectory();
  const first = await startRun(directory);
  expect(serversIn(directory).sort()).toEqual(first.pids.sort());

  const beside = await startRun(directory);
  expect(beside.pids).toBe(`Another process is using ${directory}.`);

  first.run.kill('SIGKILL');
  await once(first.run, 'exit');
  expect(serversIn(directory)).toHaveLength(2);

  const second = await startRun(directory);
  expect(serversIn(directory).sort()).toEqual(second.pids.sort());

  second.run.kill('SIGINT');
  const [status] = await once(second.run, 'exit');
  expect(status).toBe(130);
  expect(serversIn(directory)).toEqual([]);
});

test('a credentials file can be read by its owner only', () => {
  const { directory, admin } = testServers();
  const file = path.join(directory, 'db_creds.yaml');
  writeCredentialsFile(file, { ...admin, database: 'cats' });

  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').replace(admin.password, 'secret')).toBe(
    `HOST: "127.0.0.1"\nPORT: ${admin.port}\nUSER: "admin"\nPASSWORD: "secret"\nDATABASE: "cats"\n`,
  );
});
