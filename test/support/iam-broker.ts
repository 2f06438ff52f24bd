import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { serverFiles } from '../../scripts/local/downloads';
import type { IamOptions } from '../../scripts/local/iam-listener';
import { type BrokerProperties, type LocalKafka, startKafka } from '../../scripts/local/kafka';
import { silentProgress } from '../../scripts/terminal/progress';
import { testDirectory } from './servers';

/** An access key that the broker knows. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** A broker that asks for TLS and MSK's tokens, and denies what no ACL allows. */
export interface IamBroker extends LocalKafka {
  /** `host:port` of the listener for IAM. */
  readonly iamServers: string;
  readonly certificateFile: string;
  /** The broker's own directory. */
  readonly directory: string;
}

/** Starts such a broker; stop it after the test. */
export async function iamBroker(
  keys: readonly AccessKey[],
  {
    properties,
    ...options
  }: Pick<IamOptions, 'subjectAlternativeName'> & { readonly properties?: BrokerProperties } = {},
): Promise<IamBroker> {
  const { kafkaClassPath, iamClassPath } = await serverFiles(silentProgress);
  const directory = path.join(testDirectory(), 'kafka');
  mkdirSync(directory, { recursive: true });
  const kafka = await startKafka({
    classPath: kafkaClassPath,
    directory,
    properties,
    iam: {
      classPath: iamClassPath,
      keys: Object.fromEntries(keys.map(({ id, secret }) => [id, secret])),
      ...options,
    },
  });
  return {
    ...kafka,
    directory,
    iamServers: `127.0.0.1:${kafka.brokers[0]?.iamPort}`,
    certificateFile: kafka.certificateFile as string,
  };
}
