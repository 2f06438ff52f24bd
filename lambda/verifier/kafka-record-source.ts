import type { Kafka, KafkaMessage } from 'kafkajs';
import { deadLetterTopicOf, STREAMS, topicOf } from '../shared/streams';
import { committedOffsetRanges } from './committed-offset-ranges';
import type { Place, RecordSink, RecordSource } from './ports';
import { type OffsetRange, readOffsetRanges } from './read-offset-ranges';
import { changeReader, positionIn } from './record-change';
import { recordValues } from './record-values';
import { fingerprintOf, type Value } from './value';

/**
 * The topics of a user, read with kafkajs by a consumer group that commits nothing.
 *
 * @param groupId of its own: another member of the group would be given a part of the partitions
 */
export function kafkaRecordSource(kafka: Kafka, userId: string, groupId: string): RecordSource {
  const readAll = async (
    topics: readonly string[],
    onMessage: (message: KafkaMessage, range: OffsetRange) => void,
  ): Promise<void> => {
    const ranges = await committedOffsetRanges(kafka, topics);
    await readOffsetRanges(kafka, { groupId, ranges, onMessage });
  };
  return {
    read: async (streams, columns, sink) => {
      const deadLetters = deadLetterTopicOf(userId);
      const changeOf = changeReader();
      const byTopic = new Map(streams.map(({ name }) => [topicOf(userId, name), name]));
      await readAll([...byTopic.keys(), deadLetters], (message, { topic, partition }) => {
        const name = byTopic.get(topic);
        if (name === undefined) return readDeadLetter(message, sink);
        const { key, value, offset } = message;
        const fingerprint =
          value === null ? null : fingerprintOf(recordValues(value.toString(), columns[name]));
        const place = { partition, offset: Number(offset) };
        sink.record(name, key?.toString() ?? '', fingerprint, place, changeOf(message));
      });
    },
    recordsAt: async (stream, columns, places) => {
      const topic = topicOf(userId, stream.name);
      const found = new Map(places.map((place) => [idOf(place), [] as Value[]]));
      // One read for all places of a partition, since each read joins a group, which takes seconds on a default broker.
      const ranges = [...Map.groupBy(places, ({ partition }) => partition)].map(([partition, group]) => {
        const offsets = group.map(({ offset }) => offset);
        return { topic, partition, from: Math.min(...offsets), to: Math.max(...offsets) + 1 };
      });
      await readOffsetRanges(kafka, {
        groupId,
        ranges,
        onMessage: ({ offset, value }, { partition }) => {
          const id = idOf({ partition, offset: Number(offset) });
          if (found.has(id)) found.set(id, recordValues(value?.toString(), columns));
        },
      });
      return [...found.values()];
    },
  };
}

const idOf = ({ partition, offset }: Place): string => `${partition} ${offset}`;

/** A dead letter names a table and a key; letters about rows without a key are told apart by all that they hold. */
function readDeadLetter(message: KafkaMessage, sink: RecordSink): void {
  const { key: messageKey, value } = message;
  const { table, key } = parsed(value);
  const stream = STREAMS.find((candidate) => candidate.table === table);
  if (stream === undefined || (typeof key !== 'string' && key !== null)) sink.unknownDeadLetter();
  else
    sink.deadLetter(
      stream.name,
      key,
      fingerprintOf([messageKey, value].map((text) => ({ kind: 'string', text: String(text) }))),
      positionIn(message),
    );
}

function parsed(value: Buffer | null): { readonly table?: unknown; readonly key?: unknown } {
  try {
    return JSON.parse(String(value)) ?? {};
  } catch {
    return {};
  }
}
