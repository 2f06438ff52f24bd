import type { Position, Step } from './ports';

/** A range of keys, `from <= key < to`, and as of when its records are, or which shard emits it. */
export type Part = { readonly from: bigint; readonly to: bigint } & Omit<Step, 'end'>;

/** The first key of the range that a position is about. */
export const beginOf = ({ startKey = 0n }: Position): bigint => startKey;

/** The steps of a position, each with its beginning. */
export const partsOf = (position: Position): Part[] =>
  (position.steps ?? []).map(({ end, ...state }, index, steps) => ({
    from: steps[index - 1]?.end ?? beginOf(position),
    to: end,
    ...state,
  }));

/** Replaces what a position says of a range of keys. A gap before the range becomes a part of it. */
export function withPart(position: Position, { from, to, ...state }: Part): Position {
  if (to <= from) return position;
  const before = below(position, from);
  const behind = position.steps?.filter(({ end }) => end > to) ?? [];
  const steps: Step[] = [];
  for (const step of [...before, { end: to, ...state }, ...behind]) {
    const last = steps.at(-1);
    if (last !== undefined && last.gtid === step.gtid && last.shard === step.shard) steps.pop();
    steps.push(step);
  }
  return { ...position, steps };
}

/** What a position says of the keys below `end`. */
export function below(position: Position, end: bigint): readonly Step[] {
  const { steps = [] } = position;
  const whole = steps.filter((step) => step.end <= end);
  const cut = steps.find((step) => step.end > end);
  const isCut = cut !== undefined && (whole.at(-1)?.end ?? beginOf(position)) < end;
  return isCut ? [...whole, { ...cut, end }] : whole;
}

/** The position behind rows that were copied out of a snapshot. */
export function copiedTo(position: Position, nextKey: bigint, gtid: string | undefined): Position {
  const moved = { ...position, nextKey };
  return gtid === undefined || position.steps === undefined
    ? moved
    : withPart(moved, { from: position.nextKey, to: nextKey, gtid });
}

/** The position after a loss: whatever no shard emits counts as read at `gtid`, and only a reconciliation can tell. */
export const rebased = (position: Position, gtid: string): Position =>
  partsOf(position)
    .filter(({ shard }) => shard === undefined)
    .reduce((result, { from, to }) => withPart(result, { from, to, gtid }), position);

/** Whether two positions say the same of the rows of a table, whoever committed them. */
export const isSamePosition = (one: Position, other: Position): boolean =>
  one === other || textOf(one) === textOf(other);

const textOf = ({ nextKey, unkeyed, endKey, shards = 1, steps = [], origin, loss }: Position): string =>
  [nextKey, unkeyed, endKey, shards, loss?.id, steps.length === 0 ? '' : origin, stepsText(steps)].join(' ');

/** Steps as text without spaces: `<end>@<GTID>` or `<end>@#<shard>`, separated by semicolons. */
export const stepsText = (steps: readonly Step[]): string =>
  steps.map(({ end, gtid, shard }) => `${end}@${shard === undefined ? (gtid ?? '') : `#${shard}`}`).join(';');

/** Reads what {@link stepsText} has written. */
export const parseSteps = (text: string): Step[] =>
  text.split(';').map((step) => {
    const at = step.indexOf('@');
    const [end, state] = [BigInt(step.slice(0, at)), step.slice(at + 1)];
    if (state.startsWith('#')) return { end, shard: Number(state.slice(1)) };
    return state === '' ? { end } : { end, gtid: state };
  });
