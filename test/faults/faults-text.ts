import { textTable } from '../../scripts/terminal/text-table';
import type { RoundResult } from './round';

/** A round, and what came of it; an error where the emitter did or said something else than it should have. */
export interface PlayedRound {
  readonly fault: string;
  readonly seed: number;
  readonly outcome: RoundResult | Error;
}

/** What must be 0 in every round. */
const DEFECTS = {
  missing: 'missing',
  extra: 'extra',
  changed: 'changed',
  duplicated: 'duplicated',
  falselyAcknowledged: 'falsely acknowledged',
} as const satisfies Partial<Record<keyof RoundResult, string>>;

const defects = Object.keys(DEFECTS) as (keyof typeof DEFECTS)[];

/** Whether nothing was lost, repeated or said falsely in a round. */
export const isClean = ({ outcome }: PlayedRound): boolean =>
  !(outcome instanceof Error) && defects.every((defect) => outcome[defect] === 0);

/** A line for each fault, and one for each round that has to be played again. */
export function faultsText(played: readonly PlayedRound[]): string {
  const names = [...new Set(played.map(({ fault }) => fault))];
  const head = [
    'fault',
    'rounds',
    'failed',
    'rows',
    ...Object.values(DEFECTS),
    'seconds to recover',
    'at most',
  ];
  const lines = names.map((name) => {
    const rounds = played.filter(({ fault }) => fault === name);
    const results = rounds.flatMap(({ outcome }) => (outcome instanceof Error ? [] : [outcome]));
    const total = (of: Exclude<keyof RoundResult, 'recoverMs' | 'figures'>): string =>
      results.reduce((sum, result) => sum + result[of], 0).toLocaleString('en');
    const times = results.flatMap(({ recoverMs }) => recoverMs ?? []).sort((a, b) => a - b);
    const seconds = (ms: number | undefined): string => (ms === undefined ? '-' : (ms / 1000).toFixed(1));
    return [
      name,
      `${rounds.length}`,
      `${rounds.length - results.length}`,
      total('rows'),
      ...defects.map(total),
      seconds(times[Math.floor((times.length - 1) / 2)]),
      seconds(times.at(-1)),
    ];
  });
  const again = played
    .filter((round) => !isClean(round))
    .map(
      ({ fault, seed }) => `Play again: npm run test:faults -- --fault ${fault} --rounds 1 --seed ${seed}`,
    );
  const seeds = played.map(({ seed }) => seed);
  return [
    ...textTable([head, ...lines]),
    `Seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}.`,
    ...played.flatMap(({ fault, outcome }) =>
      outcome instanceof Error ? [] : outcome.figures.map((figure) => `${fault}: ${figure}`),
    ),
    ...again,
  ].join('\n');
}
