import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { addSamplePosts } from '../../lambda/sample-loader/load-sample-tables';
import { DEFAULT_SEED } from '../../lambda/sample-loader/sample-posts';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { topicOf } from '../../lambda/shared/streams';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../../lambda/verifier/read-offset-ranges';
import { changePosts, insertLatePosts } from './change-posts';
import type { TopicRecord } from './first-records';

/** Posts of each kind of change, where there are enough rows. */
const POSTS = { changed: 100, deleted: 50, late: 10, added: 20 };

/** The smallest part of the posts that is left alone: of `n` posts at most a fifth is changed or deleted. */
const SHARE = 10;

/** Kinds of changes, and how many posts there are of each. */
export type ChangeCounts = Readonly<Record<keyof typeof POSTS, number>>;

/** A record that came because of a change. */
export interface ChangeRecord extends TopicRecord {
  readonly kind: keyof ChangeCounts;
  /** Value of its header `op`. @default none: the row was copied */
  readonly op?: string;
}

/** Changes that were made to the tables, and how to find a record of each in the topics. */
export interface MadeChanges {
  readonly counts: ChangeCounts;
  /** One record of each kind, of the pins, once the emitter has followed. */
  readonly examples: () => Promise<ChangeRecord[]>;
}

/**
 * Changes, deletes and inserts some posts: behind the last ones, and between the others.
 *
 * @param rows of each table
 */
export async function makeChanges(
  owner: DatabaseLogin,
  kafka: Kafka,
  userId: string,
  rows: number,
  seed = DEFAULT_SEED,
): Promise<MadeChanges> {
  const topic = topicOf(userId, 'pin');
  const before = await committedOffsetRanges(kafka, [topic]);
  const most = (posts: number): number => Math.max(1, Math.min(posts, Math.floor(rows / SHARE)));
  const changed = await changePosts(owner, 'change', most(POSTS.changed), seed);
  const deleted = await changePosts(owner, 'delete', most(POSTS.deleted), seed);
  const late = await insertLatePosts(owner, most(POSTS.late), seed);
  const { firstKey } = await addSamplePosts(owner, most(POSTS.added), { seed });
  const gone = new Set(deleted);
  const kinds: readonly (readonly [ChangeRecord['kind'], string | undefined])[] = [
    ['changed', changed.find((key) => !gone.has(key))],
    ['deleted', deleted.find((key) => !late.includes(key))],
    ['late', late[0]],
    ['added', `${firstKey}`],
  ];
  const examples = async (): Promise<ChangeRecord[]> => {
    const found: ChangeRecord[] = [];
    const ranges = (await committedOffsetRanges(kafka, [topic])).map((range) => ({
      ...range,
      from: before.find(({ partition }) => partition === range.partition)?.to ?? range.from,
    }));
    await readOffsetRanges(kafka, {
      groupId: `${userId}.changes.${randomUUID()}`,
      ranges,
      onMessage: ({ offset, key, value, headers }, { partition }) => {
        const kind = kinds.find(([, wanted]) => wanted === String(key))?.[0];
        if (kind === undefined) return;
        const op = headers?.['op'];
        found.push({
          ...{ kind, topic, partition, offset, key: String(key), value: String(value) },
          ...(op !== undefined && { op: String(op) }),
        });
      },
    });
    return kinds.flatMap(([kind]) => found.find((record) => record.kind === kind) ?? []);
  };
  const counts = {
    changed: changed.length,
    deleted: deleted.length,
    late: late.length,
    added: most(POSTS.added),
  };
  return { counts, examples };
}
