import { Command } from 'commander';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { accountChecks } from './doctor/account-checks';
import { type Check, type Diagnosis, diagnose, ok } from './doctor/check';
import { clientChecks } from './doctor/client-checks';
import { leftOverChecks } from './doctor/left-over-checks';
import { machineChecks } from './doctor/machine-checks';
import { pipelineChecks } from './doctor/pipeline-checks';
import { stackChecks } from './doctor/stack-checks';
import { commandLine, runWhenMain } from './terminal/command';

interface Options extends DeployedPipelineOptions {
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run doctor --'))
  .description('Checks for every known problem, in order, and says how to fix it.')
  .option('--json', 'write what was found as JSON')
  .addHelpText(
    'after',
    `
It changes nothing: the emitter makes a dry run.

Exit status: 0 nothing is broken; 1 something is; 2 wrong use.

Example: npm run doctor`,
  );

/** `npm run doctor` */
export const doctor = commandLine(command, async (options: Options) => {
  const show = options.json
    ? () => {}
    : (one: Diagnosis) => void process.stdout.write(`${diagnosisText(one)}\n`);
  // A wrong configuration throws here, and says all about itself.
  const pipeline = deployedPipeline(options);
  const configuration: Check = {
    name: 'configuration',
    examine: async () => ok(`user id ${pipeline.config.userId}, database ${pipeline.config.database.mode}`),
  };
  const diagnoses = await diagnose(
    [
      ...machineChecks(),
      configuration,
      ...accountChecks(pipeline),
      ...stackChecks(pipeline),
      ...clientChecks(pipeline),
      ...pipelineChecks(pipeline),
      ...leftOverChecks(pipeline),
    ],
    show,
  );
  const broken = diagnoses.filter(({ status }) => status === 'failed').map(({ check }) => check);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ healthy: broken.length === 0, diagnoses }, undefined, 2)}\n`
      : `${broken.length === 0 ? 'Nothing is broken.' : `Broken: ${broken.join(', ')}.`}\n`,
  );
  return broken.length === 0 ? 0 : 1;
});

const MARKS = { ok: '✓', warning: '!', failed: '✗', skipped: '–' } as const;

function diagnosisText({ status, check, text, fix }: Diagnosis): string {
  const lines = [`${MARKS[status]} ${check}: ${text}`];
  if (fix !== undefined) lines.push(...fix.split('\n').map((line) => `    fix: ${line}`));
  return lines.join('\n');
}

runWhenMain(module, doctor);
