import type { KafkaLog } from '../../lambda/shared/kafka/kafka-client';

/** Writes a line to standard error. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Writes to standard error which brokers do not answer, and nothing else of the client's log. */
export const tellNotices: KafkaLog = ({ level, message }) => {
  if (level === 'notice') tell(message);
};
