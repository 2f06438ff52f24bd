import { CheckpointError } from '../../shared/errors';
import type { Loss, Position } from '../ports';
import { parseSteps, stepsText } from '../steps';

/** A committed offset of Kafka: the offset, and a text beside it. */
export interface CommittedOffset {
  readonly offset: string;
  readonly metadata: string;
}

/** The version of the metadata. It is raised when an emitter of the version before could not go on from it. */
const VERSION = '2';

/** Versions that can be read: the first one knew nothing of changes. */
const READABLE = ['1', VERSION];

/** The most bytes of metadata, by default: https://kafka.apache.org/39/documentation.html#brokerconfigs_offset.metadata.max.bytes */
const MOST_BYTES = 4_096;

type Word =
  | 'emitter'
  | 'next'
  | 'cluster'
  | 'unkeyed'
  | 'start'
  | 'end'
  | 'shards'
  | 'run'
  | 'steps'
  | 'origin'
  | 'loss';

/** The values that each word of the metadata may have. */
const WORDS: ReadonlyMap<string, RegExp> = new Map<Word, RegExp>([
  ['emitter', /^\d+$/],
  ['next', /^\d+$/],
  ['cluster', /^\S*$/],
  ['unkeyed', /^\d+-[0-9a-f]+$/],
  ['start', /^\d+$/],
  ['end', /^\d+$/],
  ['shards', /^\d+$/],
  ['run', /^\S+$/],
  ['steps', /^\d+@[^\s;@]*(;\d+@[^\s;@]*)*$/],
  ['origin', /^\S+$/],
  ['loss', /^[\w-]+:(%[0-9A-F]{2}|[\w.!~*'()-])*$/],
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
  { nextKey, unkeyed, startKey, endKey, shards = 1, run, steps = [], origin, loss }: Position,
  clusterId: string,
): CommittedOffset {
  const isFollowed = steps.length > 0;
  const words: Readonly<Record<Word, string | number | bigint | undefined>> = {
    emitter: VERSION,
    next: nextKey,
    cluster: clusterId,
    unkeyed: unkeyed === '' ? undefined : unkeyed,
    start: startKey,
    end: endKey,
    shards: shards === 1 ? undefined : shards,
    run,
    steps: isFollowed ? stepsText(steps) : undefined,
    origin: isFollowed ? origin : undefined,
    loss: loss && `${loss.id}:${encodeURIComponent(loss.reason.slice(0, LOSS_CHARACTERS).toWellFormed())}`,
  };
  const metadata = Object.entries(words)
    .flatMap(([word, value]) => (value === undefined ? [] : [`${word}=${value}`]))
    .join(' ');
  if (Buffer.byteLength(metadata) > MOST_BYTES) {
    throw new CheckpointError(
      `A checkpoint of ${Buffer.byteLength(metadata)} bytes does not fit the metadata of an offset, ${MOST_BYTES} bytes: the GTIDs of the database are too many. Nothing was committed. Set CHANGES to copy, or clean up the database's GTIDs.`,
    );
  }
  return { offset: `${nextKey}`, metadata };
}

/** The most characters of a loss's reason that are kept. */
const LOSS_CHARACTERS = 160;

/** One character a byte. */
const unescaped = (text: string): string =>
  text.replace(/%([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));

function lossOf(text: string): Loss {
  const at = text.indexOf(':');
  return { id: text.slice(0, at), reason: Buffer.from(unescaped(text.slice(at + 1)), 'latin1').toString() };
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
  const { emitter = VERSION, next = offset, cluster = clusterId, unkeyed = '' } = words;
  const { start, end, shards, run, steps, origin, loss } = words;
  if (!READABLE.includes(emitter)) {
    return { foreign: `an emitter of version ${emitter} wrote it, and this one has version ${VERSION}` };
  }
  const strange = Object.entries(words).find(([word, value]) => WORDS.get(word)?.test(value) !== true);
  if (strange !== undefined) return { foreign: `the emitter does not write ${strange.join('=')}` };
  if (next !== offset) return { foreign: `the emitter committed ${next}, and another client changed that` };
  if (cluster !== clusterId) {
    return { foreign: `it was committed in the cluster ${cluster}, and this is ${clusterId}` };
  }
  return {
    position: {
      nextKey: BigInt(offset),
      unkeyed,
      ...(start !== undefined && { startKey: BigInt(start) }),
      ...(end !== undefined && { endKey: BigInt(end) }),
      ...(shards !== undefined && { shards: Number(shards) }),
      ...(run !== undefined && { run }),
      ...(steps !== undefined && { steps: parseSteps(steps) }),
      ...(origin !== undefined && { origin }),
      ...(loss !== undefined && { loss: lossOf(loss) }),
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
