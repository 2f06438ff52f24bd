import path from 'node:path';
import { Command } from 'commander';
import { deploymentDirectory, runningDeployment } from './aws/emulated-deployment';
import { destroyDeployment } from './emulator/destroy';
import { fetchedKey } from './emulator/fetched-key';
import { removeHostFiles, stopHost } from './emulator/host-process';
import { takeLock } from './local/exclusive-lock';
import { commandLine, runWhenMain } from './terminal/command';
import { terminalProgress } from './terminal/progress';

const command = new Command('npm run destroy:local --')
  .description(
    'Destroys what "npm run deploy:local" has deployed, and ends the emulator with its Kafka and MariaDB.',
  )
  .option('--json', 'write what was destroyed as JSON')
  .addHelpText('after', '\nExample: npm run destroy:local');

/** `npm run destroy:local` */
export const destroyLocal = commandLine(command, async ({ json }: { json?: true }) => {
  const directory = deploymentDirectory();
  const lock = takeLock(path.join(directory, 'commands', 'lock'));
  try {
    const deployment = runningDeployment(directory);
    const progress = terminalProgress();
    if (deployment !== undefined) {
      const key = await fetchedKey(deployment);
      await destroyDeployment(deployment, directory, progress);
      key?.remove();
      if (key !== undefined) progress.note(`Removed ${key.file}, whose key is gone.`);
    }
    // Also where none runs: a host that was killed leaves its servers behind.
    await stopHost(directory, deployment?.pid);
    removeHostFiles(directory);
    const userId = deployment?.userId ?? null;
    process.stdout.write(
      json
        ? `${JSON.stringify({ destroyed: userId })}\n`
        : userId === null
          ? 'Nothing is deployed to an emulator on this machine.\n'
          : `The pipeline of ${userId} and its emulator are gone.\n`,
    );
    return 0;
  } finally {
    lock.release();
  }
});

runWhenMain(module, destroyLocal);
