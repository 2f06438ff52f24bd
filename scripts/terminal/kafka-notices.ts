/** Writes a line to standard error. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Writes which brokers do not answer to standard error, and nothing else of the Kafka client's log. */
export const tellNotices = ({
  level,
  message,
}: {
  readonly level: string;
  readonly message: string;
}): void => {
  if (level === 'notice') tell(message);
};
