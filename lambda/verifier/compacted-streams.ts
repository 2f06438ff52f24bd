import type { SettingsByTopic } from '../shared/kafka/topic-facts';
import { STREAMS, type StreamName, topicOf } from '../shared/streams';

/** The streams whose topics are compacted: these forget tombstones after a while. None whose settings are not known. */
export const compactedStreams = (settings: SettingsByTopic, userId: string): ReadonlySet<StreamName> =>
  new Set(
    STREAMS.map(({ name }) => name).filter((name) =>
      settings.get(topicOf(userId, name))?.['cleanup.policy']?.includes('compact'),
    ),
  );
