import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { bars, drawn } from './bench/charts';
import { synthesizeEmitter } from './bench/deployed-emitter';
import { isKcatInstalled } from './bench/kcat-subject';
import { latencyFiguresOf } from './bench/latency-figures';
import { busyPercent, thisMachine } from './bench/machine';
import { latencyPlanOf, type PlanOptions, planOf, SIZES } from './bench/plan';
import { PUBLISHED } from './bench/published-report';
import { writeSection } from './bench/readme-section';
import { type BenchReport, figuresOf, LEAST_ROUNDS, MOST_BUSY_PERCENT } from './bench/report';
import { reportMarkdown, reportText } from './bench/report-text';
import { runBench } from './bench/run-bench';
import { runLatencyBench } from './bench/run-latency-bench';
import { runSoak } from './bench/run-soak';
import { shortFigures } from './bench/short-figures';
import { soakFiguresOf } from './bench/soak-figures';
import { CHOICES, type Choice } from './bench/subject-names';
import { checkToolchain } from './local/toolchain';
import { LOCAL_DIRECTORY } from './machine/paths';
import { commandLine, runWhenMain } from './terminal/command';
import { wholeNumber } from './terminal/option-values';
import { type Progress, terminalProgress } from './terminal/progress';

/** Pages with published figures: all of them, and those of the front page. */
const ALL_FIGURES = path.join(__dirname, 'bench/README.md');
const FRONT_PAGE = path.join(__dirname, '../README.md');

/** Rows in each table before a steady load. */
const SOAK_ROWS = 100_000;

interface Options extends PlanOptions {
  readonly soak?: number;
  readonly output?: string;
  readonly evenIfBusy?: true;
  readonly publish?: true;
  readonly json?: true;
}

const wholeNumbers = (text: string): number[] => text.split(',').map(wholeNumber);

const choices = (text: string): Choice[] =>
  text.split(',').map((name) => {
    const choice = CHOICES.find((one) => one === name);
    if (choice === undefined) throw new InvalidArgumentError(`allowed: ${CHOICES.join(', ')}.`);
    return choice;
  });

const command = new Command('npm run bench --')
  .description(
    'Measures the emitter, Debezium, kcat, a loop in Python and the limits, on servers of its own on this machine.',
  )
  .option('--rows <list>', `rows of each table (default: ${SIZES.join(',')})`, wholeNumbers)
  .option('--full', '10,000,000 rows as well: one round of it, without the loop in Python')
  .option('--rounds <n>', 'how often each is measured, in turn', wholeNumber, LEAST_ROUNDS)
  .option('--only <list>', `some only, of ${CHOICES.join(', ')}`, choices)
  .option('--python-seconds <n>', 'how long the loop in Python runs', wholeNumber, 60)
  .option(
    '--latency <list>',
    'then the emitter, Debezium and kcat with three brokers, at these milliseconds each way, beside none',
    wholeNumbers,
  )
  .option(
    '--soak <minutes>',
    'then a steady load for so long, at the first --latency if there is one',
    wholeNumber,
  )
  .option('--output <directory>', 'for servers, result and chart (default: .local/bench)')
  .option('--even-if-busy', 'run on a busy machine, too: for trials only')
  .option('--publish', 'write the result, the chart and the figures of the pages')
  .option('--json', 'write the result as JSON')
  .addHelpText(
    'after',
    `
Exit status: 0 done; 2 bad use, a busy machine, or a subject that failed.

Examples:
  npm run bench
  npm run bench -- --rows 10000 --rounds 1 --only emitter,debezium
  npm run bench -- --latency 1,3 --rows 200000 --only emitter
  npm run bench -- --full --latency 1 --soak 10 --publish`,
  );

/** `npm run bench` */
export const bench = commandLine(command, async (options: Options) => {
  if (process.platform !== 'linux')
    throw new ConfigurationError('The benchmark reads /proc: it runs on Linux only.');
  if (options.publish && options.only)
    throw new ConfigurationError('Only figures of all subjects are published: leave --only out.');
  await checkToolchain();
  const busy = await busyPercent();
  refuseBusy(busy, options);
  const directory = path.resolve(options.output ?? path.join(LOCAL_DIRECTORY, 'bench'));
  const progress = terminalProgress();
  const planned = withoutMissing(options, progress);
  const emitter = synthesizeEmitter(path.join(directory, 'stacks'));
  const { rounds, recordBytes } = await runBench(planOf(planned), emitter, directory, progress);
  const latencyPlan = latencyPlanOf(planned);
  const { soak: minutes, latency: [latencyMs = 0] = [] } = options;
  const report: BenchReport = {
    date: new Date().toISOString().slice(0, 10),
    machine: await thisMachine(),
    busyPercent: busy,
    memoryMB: emitter.memoryMB,
    recordBytes,
    ...figuresOf(rounds),
    ...(latencyPlan !== undefined && {
      distant: latencyFiguresOf(await runLatencyBench(latencyPlan, emitter, directory, progress)),
    }),
    ...(minutes !== undefined && {
      soak: soakFiguresOf(
        await runSoak({ minutes, latencyMs, rows: SOAK_ROWS }, emitter, directory, progress),
      ),
    }),
  };
  write(report, directory);
  if (options.publish) {
    write(report, PUBLISHED);
    writeSection(ALL_FIGURES, reportMarkdown(report));
    writeSection(FRONT_PAGE, shortFigures(report));
  }
  process.stdout.write(`${options.json ? JSON.stringify(report, undefined, 2) : reportText(report)}\n`);
  return 0;
});

runWhenMain(module, bench);

/** Leaves out, and says so, what is measured with a program that is not installed. */
function withoutMissing(options: Options, progress: Progress): Options {
  const { only = CHOICES } = options;
  if (!only.includes('kcat') || isKcatInstalled()) return options;
  if (options.only !== undefined)
    throw new ConfigurationError('--only names kcat, which is not installed (package "kcat").');
  progress.note('kcat is left out: it is not installed (package "kcat").');
  return { ...options, only: only.filter((choice) => choice !== 'kcat') };
}

function refuseBusy(busy: number, { evenIfBusy, publish }: Options): void {
  if (busy <= MOST_BUSY_PERCENT) return;
  const said = `This machine is ${busy} % busy, of which the benchmark allows ${MOST_BUSY_PERCENT} %`;
  if (publish) throw new ConfigurationError(`${said}: these results are not fit to publish.`);
  if (!evenIfBusy) throw new ConfigurationError(`${said}. Wait, or use --even-if-busy for a trial.`);
}

function write(report: BenchReport, directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(path.join(directory, 'bars.svg'), drawn(bars(report)));
}
