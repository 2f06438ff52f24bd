import type { KeySides } from './classify';
import { type FoldedKey, KeyFold, type KeyRecord } from './fold';

/** A row, a record or a dead letter of a key, in a form that survives JSON. */
export type KeyItem =
  | readonly [key: string]
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

/** The item of a dead letter. */
export const deadLetterItem = (key: string): KeyItem => [key];

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
  const keys = new Map<string, { rows: string[]; records: KeyFold; deadLetters: number }>();
  for (const [key, fingerprint, partition, offset, replaces, position = null, time = 0, isAsked] of items) {
    const sides = keys.get(key) ?? { rows: [], records: new KeyFold(), deadLetters: 0 };
    keys.set(key, sides);
    if (fingerprint === undefined) sides.deadLetters += 1;
    else if (partition !== undefined && offset !== undefined) {
      sides.records.add({
        fingerprint,
        place: { partition, offset },
        change:
          replaces === undefined
            ? undefined
            : {
                replaces: replaces === 1,
                position: position === null ? null : BigInt(position),
                time,
                ...(isAsked === 1 && { isAsked: true }),
              },
      });
    } else if (fingerprint !== null) sides.rows.push(fingerprint);
  }
  for (const [key, { rows, records, deadLetters }] of keys) {
    const { rows: folded, ...counts } = records.result();
    yield [key, { rows, records: folded, deadLetters, ...counts }];
  }
}
