import type { Position } from '../ports';

/** A committed offset of Kafka: the offset, and a text beside it. */
export interface CommittedOffset {
  readonly offset: string;
  readonly metadata: string;
}

/** The version of the metadata. It is raised when a word changes its meaning. */
const VERSION = '1';

type Word = 'emitter' | 'next' | 'cluster' | 'unkeyed' | 'end' | 'shards' | 'run';

/** The values that each word of the metadata may have. */
const WORDS: ReadonlyMap<string, RegExp> = new Map<Word, RegExp>([
  ['emitter', /^\d+$/],
  ['next', /^\d+$/],
  ['cluster', /^\S*$/],
  ['unkeyed', /^\d+-[0-9a-f]+$/],
  ['end', /^\d+$/],
  ['shards', /^\d+$/],
  ['run', /^\S+$/],
]);

/** The metadata of emitters before the first version. */
const UNVERSIONED =
  /^(?<unkeyed>\d+-[0-9a-f]+)? ?(?:end=(?<end>\d+))? ?(?:shards=(?<shards>\d+))? ?(?:run=(?<run>\S+))?$/;

/**
 * A position as Kafka keeps it, for a consumer group on partition 0 of the stream's topic. All of it is in the one
 * offset, so that whoever deletes the topic deletes whatever was known of its table, and of no other.
 *
 * The metadata repeats the offset and names the cluster: tools that reset or translate offsets keep the metadata.
 */
export function committedOf(
  { nextKey, unkeyed, endKey, shards = 1, run }: Position,
  clusterId: string,
): CommittedOffset {
  const words: Readonly<Record<Word, string | number | bigint | undefined>> = {
    emitter: VERSION,
    next: nextKey,
    cluster: clusterId,
    unkeyed: unkeyed === '' ? undefined : unkeyed,
    end: endKey,
    shards: shards === 1 ? undefined : shards,
    run,
  };
  const metadata = Object.entries(words).flatMap(([word, value]) =>
    value === undefined ? [] : [`${word}=${value}`],
  );
  return { offset: `${nextKey}`, metadata: metadata.join(' ') };
}

/**
 * Reads a committed offset, but for -1, which is none.
 *
 * @returns the position, or why nobody but somebody else can have written the offset
 */
export function positionOf(
  { offset, metadata }: { readonly offset: string; readonly metadata: string | null },
  clusterId: string,
): { readonly position: Position } | { readonly foreign: string } {
  const words = wordsOf(metadata ?? '') ?? unversionedWords(metadata ?? '');
  if (words === undefined) return { foreign: 'the emitter writes other metadata' };
  const { emitter = VERSION, next = offset, cluster = clusterId, unkeyed = '', end, shards, run } = words;
  if (emitter !== VERSION) {
    return { foreign: `an emitter of version ${emitter} wrote it, and this one has version ${VERSION}` };
  }
  const strange = Object.entries(words).find(([word, value]) => WORDS.get(word)?.test(value) !== true);
  if (strange !== undefined) return { foreign: `the emitter does not write ${strange.join('=')}` };
  if (next !== offset) return { foreign: `the emitter committed ${next}, and somebody changed that` };
  if (cluster !== clusterId) {
    return { foreign: `it was committed in the cluster ${cluster}, and this is ${clusterId}` };
  }
  return {
    position: {
      nextKey: BigInt(offset),
      unkeyed,
      ...(end !== undefined && { endKey: BigInt(end) }),
      ...(shards !== undefined && { shards: Number(shards) }),
      ...(run !== undefined && { run }),
    },
  };
}

type Words = Readonly<Partial<Record<Word, string>>>;

function wordsOf(metadata: string): Words | undefined {
  const pairs = metadata.split(' ').map((text) => /^(\w+)=(.*)$/.exec(text)?.slice(1) ?? []);
  const words: Words = Object.fromEntries(pairs);
  const isComplete = words.emitter !== undefined && words.next !== undefined && words.cluster !== undefined;
  const isUnique = new Set(pairs.map(([word]) => word)).size === pairs.length;
  return isComplete && isUnique && pairs.every(({ length }) => length > 0) ? words : undefined;
}

/** Only metadata with `run` or `end` is certain to be an emitter's. */
function unversionedWords(metadata: string): Words | undefined {
  const words: Words | undefined = UNVERSIONED.exec(metadata)?.groups;
  if (words?.end === undefined && words?.run === undefined) return undefined;
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));
}
