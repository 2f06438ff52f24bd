import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { commandLine } from '../../../scripts/terminal/command';
import { isSystemError, systemErrorText } from '../../../scripts/terminal/system-error';
import { runCommand } from '../../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'system-error-'));
const file = path.join(directory, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(directory, { recursive: true }));

/** The text for what an operation of this system refuses. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemErrorText(error);
  }
  throw new Error('It was not refused.');
}

/** An error that cannot be had for the asking. */
const systemError = (code: string, syscall: string, more: object = {}) =>
  Object.assign(new Error(`${code}: refused, ${syscall}`), { code, syscall, ...more });

describe('what the system really refuses', () => {
  test('a folder in a file', async () => {
    const inFile = path.join(file, 'folder');
    expect(await refusal(() => mkdirSync(inFile, { recursive: true }))).toBe(
      `A part of ${inFile} is a file and not a folder (ENOTDIR, mkdir).`,
    );
  });

  test('a file that is not there', async () => {
    const missing = path.join(directory, 'missing');
    expect(await refusal(() => readFileSync(missing))).toBe(`There is no ${missing} (ENOENT, open).`);
  });

  test('a program that is not there', async () => {
    expect(await refusal(() => once(spawn('no-such-program', ['--version']), 'exit'))).toBe(
      'The program no-such-program is needed, and none was found (ENOENT, spawn no-such-program). Install it, or add its folder to PATH.',
    );
  });

  test('a port that is taken', async () => {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as { port: number };
    try {
      expect(await refusal(() => once(createServer().listen(port, '127.0.0.1'), 'listening'))).toBe(
        `Another program listens on port ${port} of 127.0.0.1 (EADDRINUSE, listen). End it, or choose another port.`,
      );
    } finally {
      first.close();
    }
  });
});

test.each([
  [
    systemError('EACCES', 'mkdir', { path: path.join(directory, 'a', 'b') }),
    `There is no permission to create ${path.join(directory, 'a', 'b')} (EACCES, mkdir). Change the mode of ${directory}.`,
  ],
  [
    systemError('EACCES', 'open', { path: '/proc/1/no-such-file' }),
    'There is no permission to open /proc/1/no-such-file (EACCES, open).',
  ],
  [
    systemError('EACCES', 'listen', { port: 80, address: '::1' }),
    'use port 80 of ::1 (EACCES, listen). Choose a port',
  ],
  [systemError('ENOSPC', 'write'), 'There is no space left on the disk (ENOSPC, write). Free some'],
  [systemError('ENOSPC', 'mkdir', { path: '/a b' }), 'There is no space left for /a b (ENOSPC, mkdir).'],
  [systemError('EROFS', 'open', { path: '/a b' }), 'The file system of /a b is read-only (EROFS, open).'],
  [systemError('EMFILE', 'open', { path: '/a b' }), 'Too many files are open (EMFILE, open). Allow more'],
  [systemError('EAGAIN', 'spawn java', { path: 'java' }), 'no memory or process left for java (EAGAIN'],
  [systemError('ELOOP', 'open', { path: '/a b' }), 'The system refused: ELOOP: refused, open.'],
])('%s', (error, text) => {
  expect(systemErrorText(error)).toContain(text);
});

test('a command says it in one line and ends with 2; an error of its own keeps its stack', async () => {
  const failing = (error: Error) =>
    commandLine(new Command(), async () => {
      throw error;
    });

  expect(await runCommand(failing(systemError('EMFILE', 'open')))).toEqual({
    status: 2,
    stdout: '',
    stderr: 'Too many files are open (EMFILE, open). Allow more of them in this shell: ulimit -n 4096\n',
  });
  const { stderr } = await runCommand(failing(new TypeError('x is not a function')));
  expect(stderr).toMatch(/^TypeError: x is not a function\n {4}at /);
});
