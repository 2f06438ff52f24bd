import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { REGION } from '../../lib/config';
import { LOCAL_DIRECTORY } from '../machine/paths';
import type { DeployedPipeline } from './deployed-pipeline';
import { findKafkaClient, type KafkaClientMachine } from './kafka-client-machine';
import { writeKeyFile } from './key-file';
import { findKeyPair, readPrivateKey } from './key-pair';

/** The login that Amazon Linux has. */
const USER = 'ec2-user';

/** Host keys that were seen first. They are the project's own, so that no other file of its user changes. */
const KNOWN_HOSTS = path.join(LOCAL_DIRECTORY, 'known_hosts');

/** Advice for an SSH connection that fails. */
export const SSH_HINT =
  'Is your address in pipeline.sshCidrs? "npm run connect -- --session-manager" needs no open port.';

/** Parameters of an SSH login. */
export interface SshTarget extends KafkaClientMachine {
  /** @default 22 */
  readonly port?: number;
  readonly user: string;
  /** Absolute path of the private key. */
  readonly keyFile: string;
  /** Absolute path of the file that pins the host keys. */
  readonly knownHostsFile: string;
  /** True if Session Manager carries the connection, which needs no open port. */
  readonly throughSessionManager: boolean;
}

/** Options for finding the Kafka client. */
export interface SshTargetOptions {
  /** @default `<key pair name>.pem`, which is fetched where it is missing */
  readonly key?: string;
  /** @default false */
  readonly throughSessionManager?: boolean;
}

/**
 * Finds the Kafka client of a pipeline, and fetches its key where that is missing.
 *
 * @throws AwsError when it is not deployed or not running.
 */
export async function findSshTarget(
  pipeline: DeployedPipeline,
  { key = `${pipeline.config.keyPairName}.pem`, throughSessionManager = false }: SshTargetOptions = {},
): Promise<SshTarget> {
  const machine = await findKafkaClient(pipeline);
  if (!existsSync(key)) {
    await writeKeyFile(key, await readPrivateKey(pipeline, await findKeyPair(pipeline)));
    process.stderr.write(`Fetched ${key}.\n`);
  }
  mkdirSync(LOCAL_DIRECTORY, { recursive: true });
  return {
    ...machine,
    user: USER,
    keyFile: path.resolve(key),
    knownHostsFile: KNOWN_HOSTS,
    throughSessionManager,
  };
}

/** The arguments of `ssh`, up to the host. */
export const sshArguments = (target: SshTarget): string[] => [
  ...settings(target).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  hostOf(target),
];

/** An entry of `~/.ssh/config`, as VS Code Remote-SSH reads it. No line break at the end. */
export const sshConfigEntry = (alias: string, target: SshTarget): string =>
  [
    `Host ${alias}`,
    ...[['HostName', hostOf(target)] as const, ...settings(target)].map(
      ([name, value]) => `  ${name} ${value}`,
    ),
  ].join('\n');

/** Session Manager finds a machine by its id. */
const hostOf = ({ throughSessionManager, instanceId, host }: SshTarget): string =>
  throughSessionManager ? instanceId : host;

/** A path as ssh_config takes it: a percent sign begins a token, a backslash an escape. */
const quoted = (file: string): string => `"${file.replaceAll('%', '%%').replaceAll(/[\\"]/g, '\\$&')}"`;

const settings = (target: SshTarget): (readonly [name: string, value: string])[] => [
  ['User', target.user],
  ['Port', String(target.port ?? 22)],
  ['IdentityFile', quoted(target.keyFile)],
  ['IdentitiesOnly', 'yes'],
  // The address changes with every start of the machine; its key does not.
  ['HostKeyAlias', target.instanceId],
  ['UserKnownHostsFile', quoted(target.knownHostsFile)],
  ['HashKnownHosts', 'no'],
  ['StrictHostKeyChecking', 'accept-new'],
  ['ConnectTimeout', '15'],
  ...(target.throughSessionManager
    ? [
        [
          'ProxyCommand',
          `aws ssm start-session --region ${REGION} --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p`,
        ] as const,
      ]
    : []),
];
