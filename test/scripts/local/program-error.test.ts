import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { ProgramError } from '../../../scripts/local/program-error';
import { commandLine } from '../../../scripts/terminal/command';
import { runCommand } from '../../support/run-command';

test('a command shows the words of the program, and no stack of its own', async () => {
  const failing = commandLine(new Command(), async () => {
    throw new ProgramError('kafka ended with status 1. The end of its log:\nno port', tmpdir());
  });

  expect(await runCommand(failing)).toEqual({
    status: 2,
    stdout: '',
    stderr: 'kafka ended with status 1. The end of its log:\nno port\n',
  });
});

test('says so where the disk is full, of which programs speak in many ways', () => {
  // A file system that never has space.
  const { message } = new ProgramError('failed', process.platform === 'linux' ? '/proc' : '/dev');
  expect(message).toMatch(/^failed\nThe disk of \/(proc|dev) has 0 MB left: "npm start" needs about 1 GB\.$/);
});

test('says nothing of a folder that is gone', () => {
  expect(new ProgramError('failed', '/no/such/folder').message).toBe('failed');
});
