import { connect } from 'node:net';
import type { Connection } from 'mysql2';
import { type DatabaseLogin, readCredentialsFile } from '../../lambda/shared/database-login';
import { ConfigurationError } from '../../lambda/shared/errors';
import { breakConnection, connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import type { DatabaseTls } from '../../lambda/shared/trusted-certificates';
import { databaseLogin } from '../aws/database-secret';
import {
  type DeployedPipeline,
  type DeployedPipelineOptions,
  deployedPipeline,
} from '../aws/deployed-pipeline';
import { openTunnel } from '../aws/tunnel';
import { findRunningPipeline } from '../local/local-pipeline';

/** The options that say which database has the tables. */
export interface TableDatabaseOptions extends DeployedPipelineOptions {
  /** A `db_creds.yaml`. */
  readonly creds?: string;
  /** Goes with `creds`. @default 'off' */
  readonly tls?: DatabaseTls;
}

/** A connection to the database that has the tables. */
export interface TableDatabase {
  readonly connection: Connection;
  /** For messages: `host:port/name`. */
  readonly place: string;
  /** Whatever runs on the connection ends. */
  close(): Promise<void>;
}

/**
 * Connects to the database of a `db_creds.yaml`, or of the pipeline that "npm start -- --keep" runs, or of the deployed
 * one: the first of these that is asked for or there.
 *
 * @throws ConfigurationError when the options contradict each other, or there is no way to the database from here.
 */
export async function connectToTables(options: TableDatabaseOptions): Promise<TableDatabase> {
  const { creds, tls, aws, userId, context } = options;
  const isDeployed = aws === true || userId !== undefined || context.length > 0;
  if (creds !== undefined && isDeployed) {
    throw new ConfigurationError('--creds names the database: leave out --user-id, --context and --aws.');
  }
  if (creds === undefined && tls !== undefined) {
    throw new ConfigurationError('--tls goes with --creds; for a deployed pipeline it is known.');
  }
  const credsHere = creds ?? (isDeployed ? undefined : findRunningPipeline()?.creds);
  if (credsHere !== undefined) return await direct(await readCredentialsFile(credsHere), tls ?? 'off');
  return await connectToDeployed(deployedPipeline(options));
}

async function connectToDeployed(pipeline: DeployedPipeline): Promise<TableDatabase> {
  const { account, config } = pipeline;
  if (account.isEmulator) return await direct(await databaseLogin(pipeline), 'off');
  if (config.database.mode === 'provisioned') return await throughTunnel(pipeline);
  if (config.database.reach.via === 'internet') return await direct(await databaseLogin(pipeline), 'rds');
  throw new ConfigurationError(
    'pipeline.database.reach.via is "vpc": only the functions of the pipeline can reach that database. If this machine can, too, give --creds <file> --tls rds.',
  );
}

async function direct(login: DatabaseLogin, tls: DatabaseTls): Promise<TableDatabase> {
  const connection = await connectToDatabase(login, tls);
  return { connection, place: placeOf(login), close: async () => breakConnection(connection) };
}

async function throughTunnel(pipeline: DeployedPipeline): Promise<TableDatabase> {
  const login = await databaseLogin(pipeline);
  const tunnel = await openTunnel(pipeline, login);
  try {
    const connection = await connectToDatabase(login, 'rds', connect(tunnel.port, '127.0.0.1'));
    const close = async (): Promise<void> => {
      breakConnection(connection);
      await tunnel.close();
    };
    return { connection, place: placeOf(login), close };
  } catch (error) {
    await tunnel.close();
    throw error;
  }
}

const placeOf = ({ host, port, database }: DatabaseLogin): string => `${host}:${port}/${database}`;
