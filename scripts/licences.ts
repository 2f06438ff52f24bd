import { Command } from 'commander';
import { bundledPackages } from './aws/bundled-packages';
import { commandLine, runWhenMain } from './terminal/command';
import { textTable } from './terminal/text-table';

interface Options {
  readonly json?: true;
}

const command = new Command('npm run licences --')
  .description('Lists the packages that the functions are bundled from, with their licences.')
  .option('--json', 'write them as JSON')
  .addHelpText('after', '\nExample: npm run --silent licences -- --json > lambda/licences.json');

/** `npm run licences` */
export const licences = commandLine(command, async (options: Options) => {
  const packages = await bundledPackages();
  process.stdout.write(
    options.json
      ? `${JSON.stringify(packages, undefined, 2)}\n`
      : `${textTable([
          ['package', 'version', 'licence'],
          ...packages.map(({ name, version, license }) => [name, version, license]),
        ]).join('\n')}\n`,
  );
  return 0;
});

runWhenMain(module, licences);
