import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { killOrphans, startChild } from '../local/child-processes';
import type { LocalServers } from '../local/pipeline-servers';
import { freePorts } from '../machine/free-ports';
import { writePrivateFile } from '../machine/private-file';

/** The `node_modules` that functions find the AWS SDK in, as they find it in Lambda's runtime. */
const NODE_MODULES = path.resolve(__dirname, '../../node_modules');

/** Options of the emulator. */
export interface EmulatorOptions {
  /** The Python that has it, from `emulatorPython`. */
  readonly python: string;
  /** Its own directory for logs and the files of functions; created when missing. */
  readonly directory: string;
  /** Servers behind the emulated Kafka and database. */
  readonly servers: LocalServers;
  /** Account that it plays. */
  readonly account: EmulatedAccount;
}

/** Accounts that the emulator can play, each with what it means. `accounts.py` has their limits. */
export const EMULATED_ACCOUNTS = {
  established: 'has full quotas',
  'zones-shuffled': 'has other names for the zones: us-east-1a is use1-az3, which has no brokers',
  'small-quotas': 'is new: 10 concurrent executions, 3,008 MB a function',
  'free-plan': 'is on the free plan: 1 day of backups',
} as const;

/** One of {@link EMULATED_ACCOUNTS}. */
export type EmulatedAccount = keyof typeof EMULATED_ACCOUNTS;

/** A running emulator of AWS on 127.0.0.1. It keeps everything in memory. */
export interface Emulator {
  /** URL for every service. */
  readonly endpoint: string;
  /** Settles when its process has ended, with how it ended. */
  readonly ended: Promise<string>;
  /** Stops it, with all functions that run. Calling it again is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts the emulator.
 *
 * @throws Error with the end of its log when it does not come up.
 */
export async function startEmulator({
  python,
  directory,
  servers,
  account,
}: EmulatorOptions): Promise<Emulator> {
  const files = path.join(directory, 'tmp');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await killOrphans(directory);
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files);

  const [port] = (await freePorts(1)) as [number];
  const endpoint = `http://127.0.0.1:${port}`;
  const settings = path.join(directory, 'settings.json');
  const { host, port: databasePort, user, password } = servers.database.admin;
  writePrivateFile(
    settings,
    JSON.stringify({
      bootstrapServers: servers.kafka.bootstrapServers.join(','),
      database: { host, port: databasePort, user, password },
      account,
    }),
  );
  const child = await startChild({
    name: 'emulator',
    directory,
    command: python,
    // Without bytecode, which would be written beside the sources.
    args: ['-B', path.join(__dirname, 'launch.py'), settings],
    environment: {
      // Functions inherit it, so nothing of the user's own environment but what programs are found with.
      // This Node, which is the one of npm scripts, runs them.
      PATH: [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
      HOME: process.env['HOME'],
      TMPDIR: files,
      NODE_PATH: NODE_MODULES,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // Nothing listens there: containers of a MiniStack of the user's own are left alone.
      DOCKER_HOST: `unix://${path.join(directory, 'no-docker.sock')}`,
    },
  });
  try {
    await child.ready(() => answers(endpoint));
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    rmSync(settings, { force: true });
  }
  return {
    endpoint,
    ended: child.ended,
    stop: async () => {
      await child.stop();
      rmSync(files, { recursive: true, force: true });
    },
  };
}

async function answers(endpoint: string): Promise<void> {
  // With an agent of its own, because the global one may be told to use a proxy (NODE_USE_ENV_PROXY).
  const request = get(`${endpoint}/_ministack/ready`, { agent: false, timeout: 2_000 });
  request.on('timeout', () => request.destroy(new Error('The emulator does not answer.')));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  if (response.statusCode !== 200) throw new Error(`The emulator answers ${response.statusCode}.`);
}
