import type { KeySides } from './classify';
import { type FoldedKey, KeyFold, type KeyRecord } from './fold';

/** A row, a record or a dead letter of a key, in a form that survives JSON. */
export type KeyItem =
  | readonly [key: string]
  | readonly [
      key: string,
      fingerprint: null,
      partition: null,
      offset: null,
      replaces: null,
      position: string | null,
    ]
  | readonly [key: string, fingerprint: string]
  | readonly [
      key: string,
      fingerprint: string | null,
      partition: number,
      offset: number,
      ...change: ChangeItem,
    ];

type ChangeItem =
  | readonly []
  | readonly [replaces: 0 | 1, position: string | null, time: number, isAsked?: 1];

/** The item of a dead letter. @param position as of which its key was read, where it had changed */
export const deadLetterItem = (key: string, position?: bigint | null): KeyItem =>
  position === undefined ? [key] : [key, null, null, null, null, position?.toString() ?? null];

/** The item of a row. */
export const rowItem = (key: string, fingerprint: string): KeyItem => [key, fingerprint];

/** The item of a record. */
export function recordItem(key: string, { fingerprint, place, change }: KeyRecord): KeyItem {
  const { partition, offset } = place;
  if (change === undefined) return [key, fingerprint, partition, offset];
  const { replaces, position, time, isAsked } = change;
  const item = [
    ...([key, fingerprint, partition, offset] as const),
    ...([replaces ? 1 : 0, position?.toString() ?? null, time] as const),
  ] as const;
  return isAsked === true ? [...item, 1] : item;
}

/** Both sides of a key, and the number of records that the folded topic is made of. */
export type FoldedSides = KeySides & Pick<FoldedKey, 'superseded' | 'tombstones'>;

/** Groups items by their key, and folds the records of each. */
export function* sidesOfKeys(
  items: Iterable<KeyItem>,
): Generator<readonly [key: string, sides: FoldedSides]> {
  const keys = new Map<
    string,
    { rows: string[]; records: KeyFold; letters: (bigint | null | undefined)[] }
  >();
  for (const [key, fingerprint, partition, offset, replaces, position = null, time = 0, isAsked] of items) {
    const sides = keys.get(key) ?? { rows: [], records: new KeyFold(), letters: [] };
    keys.set(key, sides);
    if (fingerprint === undefined) sides.letters.push(undefined);
    else if (partition === null) sides.letters.push(positionOf(position));
    else if (partition !== undefined && offset !== undefined) {
      sides.records.add({
        fingerprint,
        place: { partition, offset },
        change:
          replaces === undefined || replaces === null
            ? undefined
            : {
                replaces: replaces === 1,
                position: positionOf(position),
                time,
                ...(isAsked === 1 && { isAsked: true }),
              },
      });
    } else if (fingerprint !== null) sides.rows.push(fingerprint);
  }
  for (const [key, { rows, records, letters }] of keys) {
    const { rows: folded, ...counts } = records.result();
    const deadLetters = letters.filter((position) => isCurrent(position, counts)).length;
    yield [key, { rows, records: folded, deadLetters, ...counts }];
  }
}

const positionOf = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

/** Whether a dead letter is about the rows of a key as they were read last. Each reading of a changed key has records, too. */
const isCurrent = (
  position: bigint | null | undefined,
  { isChanged, readAsOf }: Pick<FoldedKey, 'isChanged' | 'readAsOf'>,
): boolean => !isChanged || readAsOf === null || position === null || position === readAsOf;
