import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError, UnreachableError } from '../../lambda/shared/errors';
import { freePorts } from '../machine/free-ports';
import type { DeployedPipeline } from './deployed-pipeline';
import { findSshTarget, SSH_HINT, type SshTarget, sshArguments } from './ssh';

/** Timeout of an SSH login, in milliseconds. */
const OPEN_MS = 30_000;

/** A port of this machine that leads, through SSH, to a server that only the Kafka client can reach. */
export interface Tunnel {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Settles, with what SSH had to say, when the connection is lost or closed. */
  readonly ended: Promise<string>;
  /** Calling it again is harmless. */
  close(): Promise<void>;
}

/** A server, as the Kafka client sees it. */
export interface TunnelEnd {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a tunnel through the Kafka client of a pipeline.
 *
 * @throws AwsError when the client is not deployed or not running.
 * @throws UnreachableError when SSH cannot log in.
 */
export const openTunnel = async (pipeline: DeployedPipeline, to: TunnelEnd): Promise<Tunnel> =>
  await openTunnelThrough(await findSshTarget(pipeline), to);

/**
 * Opens a tunnel through a machine.
 *
 * @param localPort @default a free one
 * @throws ConfigurationError when something else listens on that port.
 * @throws UnreachableError when SSH cannot log in.
 */
export async function openTunnelThrough(
  target: SshTarget,
  { host, port }: TunnelEnd,
  localPort?: number,
): Promise<Tunnel> {
  if (localPort !== undefined && (await accepts(localPort))) {
    throw new ConfigurationError(
      `--tunnel is ${localPort}: another program listens on that port of 127.0.0.1.`,
    );
  }
  const [free] = await freePorts(1);
  const from = localPort ?? (free as number);
  const ssh = spawn(
    'ssh',
    [
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-o',
      'BatchMode=yes',
      '-L',
      `127.0.0.1:${from}:${host}:${port}`,
      ...sshArguments(target),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  ssh.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<string>((resolve) => {
    ssh.once('close', () => resolve(said.trim()));
    ssh.once('error', (error) => resolve(error.message));
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const close = async (): Promise<void> => {
    ssh.kill();
    await ended;
  };
  const deadline = Date.now() + OPEN_MS;
  while (!(await accepts(from))) {
    if (hasEnded || Date.now() > deadline) {
      await close();
      throw new UnreachableError(
        `SSH to the Kafka client ${target.instanceId} (${target.host}) did not open a tunnel: ${said.trim() || 'no answer'}. ${SSH_HINT}`,
      );
    }
    await delay(100);
  }
  return { port: from, ended, close };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
