import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { commandLine, runWhenMain } from '../../scripts/terminal/command';
import { wholeNumber } from '../../scripts/terminal/option-values';
import { FaultServers } from './fault-servers';
import { FAULTS } from './faults';
import { faultsText, isClean, type PlayedRound } from './faults-text';
import { playInOrder } from './playing-order';
import { playRound } from './round';

interface Options {
  readonly rounds: number;
  readonly seed?: number;
  readonly fault: readonly string[];
  readonly rows?: number;
}

const NAMES = FAULTS.map(({ name }) => name);

function faultName(name: string, names: readonly string[]): readonly string[] {
  if (!NAMES.includes(name)) throw new InvalidArgumentError(`allowed: ${NAMES.join(', ')}.`);
  return [...names, name];
}

const command = new Command('npm run test:faults --')
  .description(
    'Lets everything go wrong that can, on real servers, and compares every record with every row.',
  )
  .option('--rounds <number>', 'rounds of each fault', wholeNumber, 20)
  .option(
    '--seed <number>',
    'the seed of the first round; those after it count up. By default random',
    wholeNumber,
  )
  .option('--fault <name>', 'this fault only; may be given several times', faultName, [])
  .option('--rows <number>', 'rows in the largest table at first, instead of what the fault has', wholeNumber)
  .addHelpText(
    'after',
    `\nFaults: ${NAMES.join(', ')}.\nOnly by name: ${FAULTS.filter(({ isLong }) => isLong)
      .map(({ name }) => name)
      .join(
        ', ',
      )}.\n\nExit status: 0 nothing was lost, repeated or said falsely; 1 something was; 2 bad use.`,
  );

/** `npm run test:faults` */
export const testFaults = commandLine(
  command,
  async ({ rounds: numberOfRounds, seed: firstOne, fault: names, rows }: Options) => {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const chosen = FAULTS.filter(({ name, isLong }) =>
      names.length === 0 ? isLong !== true : names.includes(name),
    );
    const played: PlayedRound[] = [];
    const servers = await FaultServers.start();
    try {
      const firstSeed = firstOne ?? randomInt(2 ** 31);
      const rounds = chosen.flatMap((fault) =>
        Array.from({ length: numberOfRounds }, (_, round) => ({ fault, seed: firstSeed + round })),
      );
      await playInOrder(rounds, async ({ fault, seed }) => {
        const began = performance.now();
        const outcome = await playRound(fault, seed, servers, rows).catch((error: Error) => error);
        const result = { fault: fault.name, seed, outcome };
        played.push(result);
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        say(
          `${isClean(result) ? '✓' : '✗'} ${fault.name}, seed ${seed} (${seconds} s; ${played.length} of ${rounds.length})`,
        );
        if (outcome instanceof Error) say(`${outcome.stack}`);
      });
    } finally {
      await servers.stop();
    }
    process.stdout.write(`${faultsText(played)}\n`);
    return played.every(isClean) ? 0 : 1;
  },
);

runWhenMain(module, testFaults);
