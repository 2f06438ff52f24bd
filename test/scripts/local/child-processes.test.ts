import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killOrphans, startChild } from '../../../scripts/local/child-processes';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'children-'));
});
afterEach(async () => {
  await killOrphans(directory);
  rmSync(directory, { recursive: true });
});

const pidFile = (): string => path.join(directory, 'server.pid');

/** A server that says when it is up, and what it does at SIGTERM. */
const server = (atSigterm: string) => ({
  name: 'server',
  directory,
  command: process.execPath,
  args: [
    '--eval',
    `process.on('SIGTERM', () => { ${atSigterm} }); console.log('up'); setInterval(() => {}, 1000);`,
    directory,
  ],
  graceMs: 300,
});

const isUp = async (): Promise<void> => {
  if (!readFileSync(path.join(directory, 'server.log'), 'utf8').includes('up')) throw new Error('not up');
};

/** A process that has ended but whose parent has not asked how (its state is Z) is not alive. */
const isAlive = (pid: number): boolean =>
  /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout);

/** A process of its own that starts the server and waits; it prints the server's process id. */
async function startParent(atSigterm: string): Promise<{ parent: ChildProcess; pid: number }> {
  const script = `
    const { startChild, beforeServersStop } = require(${JSON.stringify(path.resolve('scripts/local/child-processes.ts'))});
    beforeServersStop(async () => console.log('finishing'));
    startChild(${JSON.stringify(server(atSigterm))}).then((child) => console.log(child.pid));`;
  const parent = spawn(process.execPath, ['--import=tsx', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  while (!existsSync(path.join(directory, 'server.log'))) await new Promise(setImmediate);
  return { parent, pid: Number(line.toString()) };
}

describe('a server', () => {
  test('is stopped by SIGTERM, once, and takes its process id file with it', async () => {
    const child = await startChild(server('process.exit(3)'));
    await child.ready(isUp);
    expect(Number(readFileSync(pidFile(), 'utf8'))).toBe(child.pid);

    await Promise.all([child.stop(), child.stop()]);
    expect(await child.ended).toBe('status 3');
    expect(isAlive(child.pid)).toBe(false);
    expect(existsSync(pidFile())).toBe(false);
  });

  test('that does not mind SIGTERM is killed', async () => {
    const child = await startChild(server(''));
    await child.ready(isUp);
    await child.stop();
    expect(await child.ended).toBe('signal SIGKILL');
  });

  test('that ends before it is ready is reported with its status and the end of its log', async () => {
    const child = await startChild({
      ...server(''),
      args: ['--eval', 'console.error("no port"); process.exit(7)'],
    });
    await expect(child.ready(() => Promise.reject(new Error('not ready')))).rejects.toThrow(
      /^server ended with status 7\. The end of .*server\.log:\nno port$/,
    );
  });

  test('that cannot be started at all is reported', async () => {
    const child = await startChild({ ...server(''), command: path.join(directory, 'nothing-here') });
    await expect(child.ready(() => Promise.reject(new Error('not ready')))).rejects.toThrow(/ENOENT/);
  });

  test('that does not become ready in time is reported', async () => {
    const child = await startChild(server('process.exit()'));
    await expect(child.ready(() => Promise.reject(new Error('not ready')), 10)).rejects.toThrow(
      'server was not ready after 0.01 s',
    );
    await child.stop();
  });
});

describe('the server of a process', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is stopped by %s, after the work that comes first', async (signal, status) => {
    const { parent, pid } = await startParent('process.exit()');
    parent.kill(signal);
    const output = once(parent.stdout as NodeJS.ReadableStream, 'data');
    const [code] = await once(parent, 'exit');
    expect(String(await output)).toBe('finishing\n');
    expect(code).toBe(status);
    expect(isAlive(pid)).toBe(false);
  });

  test('that is killed is ended by the next one that starts in the directory', async () => {
    const { parent, pid } = await startParent('');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(isAlive(pid)).toBe(true);

    await killOrphans(directory);
    expect(existsSync(pidFile())).toBe(false);
    expect(isAlive(pid)).toBe(false);
  });

  test('whose process id belongs to somebody else by now is left alone', async () => {
    writeFileSync(pidFile(), `${process.pid}\n`);
    await killOrphans(directory);
    expect(existsSync(pidFile())).toBe(false);
  });
});

test('what fails because a command is interrupted is no error of it: it ends as the signal says, once all is stopped', async () => {
  const required = (file: string): string => `require(${JSON.stringify(path.resolve(file))})`;
  const program = path.join(directory, 'command.cjs');
  const slowToStop = server('setTimeout(() => process.exit(), 200)');
  writeFileSync(
    program,
    `const { Command } = require(${JSON.stringify(require.resolve('commander'))});
    const { commandLine, runWhenMain } = ${required('scripts/terminal/command.ts')};
    const { startChild } = ${required('scripts/local/child-processes.ts')};
    runWhenMain(module, commandLine(new Command(), async () => {
      const first = await startChild(${JSON.stringify({ ...server('process.exit()'), name: 'first' })});
      const second = await startChild(${JSON.stringify({ ...slowToStop, name: 'second' })});
      const isUp = (name) => async () => {
        const log = require('node:fs').readFileSync(${JSON.stringify(directory)} + '/' + name + '.log', 'utf8');
        if (!log.includes('up')) throw new Error('not up');
      };
      await Promise.all([first.ready(isUp('first')), second.ready(isUp('second'))]);
      console.log(second.pid);
      await first.ended;
      throw new Error('the first server is gone');
    }));`,
  );
  const command = spawn(process.execPath, ['--import=tsx', program]);
  let errors = '';
  command.stderr.on('data', (text: Buffer) => {
    errors += text;
  });
  const [pid] = (await once(command.stdout, 'data')) as [Buffer];
  command.kill('SIGINT');

  expect(await once(command, 'exit')).toEqual([130, null]);
  expect(errors).toBe('');
  expect(isAlive(Number(pid))).toBe(false);
});
