import type { KafkaLog } from '../../lambda/emitter/kafka/kafka-client';

/** Writes to standard error which brokers do not answer, and nothing else of the client's log. */
export const tellNotices: KafkaLog = ({ level, message }) => {
  if (level === 'notice') process.stderr.write(`${message}\n`);
};
