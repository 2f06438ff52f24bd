import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Kafka } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { Emitter } from '../../lambda/emitter/emitter';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { type EmitterVariables, parseEnvironment } from '../../lambda/shared/environment';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import type { DatabaseTls } from '../../lambda/shared/trusted-certificates';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import { type DatabaseLogins, writeCredentialsFile } from '../../scripts/local/database-logins';

/** How a comparison reaches the database. */
export interface VerifyOptions {
  readonly login: DatabaseLogin;
  /** @default 'off' */
  readonly tls?: DatabaseTls;
  /** @default all keys */
  readonly keys?: KeysRequest;
}

/** A database and topics of a test's own, and the configuration of the emitters between them. */
export abstract class PipelineFixture {
  private readonly credentialsFile: string;

  /** @param directory for the credentials file and logs; created when missing */
  protected constructor(
    readonly userId: string,
    readonly logins: DatabaseLogins,
    protected readonly directory: string,
  ) {
    mkdirSync(directory, { recursive: true });
    this.credentialsFile = path.join(directory, 'db_creds.yaml');
  }

  /** Where the emitters find the brokers. */
  protected abstract get bootstrapServers(): readonly string[];

  /** Where the emitters find the database. */
  protected abstract get emitterPort(): number;

  /** A client that reads the topics. */
  protected abstract get kafka(): Kafka;

  /** May do everything in the database. */
  get owner(): DatabaseLogin {
    return this.logins.owner;
  }

  /** The emitter's environment variables. */
  get variables(): Readonly<Record<string, string>> {
    return {
      USER_ID: this.userId,
      KAFKA_BROKERS: this.bootstrapServers.join(','),
      KAFKA_AUTHENTICATION: 'none',
      DATABASE_CREDENTIALS_FILE: this.credentialsFile,
    };
  }

  /** Writes other credentials, or parts of them, into the file that the emitters read. */
  changeLogin(change: Partial<DatabaseLogin>): void {
    const { emitter } = this.logins;
    writeCredentialsFile(this.credentialsFile, { ...emitter, port: this.emitterPort, ...change });
  }

  /** Runs statements as the owner of the database; returns the rows of the last one. */
  async sql(...statements: string[]): Promise<Record<string, unknown>[]> {
    const connection = await createConnection({ ...this.owner });
    try {
      let rows: unknown = [];
      for (const statement of statements) [rows] = await connection.query(statement);
      return rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  }

  /** An emitter in this process. */
  protected createEmitter(variables: EmitterVariables, logger: Logger): Emitter {
    return new Emitter(parseEnvironment({ ...this.variables, ...variables }), logger);
  }

  /** Compares every record with every row. */
  protected async compare({ login, tls = 'off', keys }: VerifyOptions): Promise<VerificationReport> {
    const database = await connectToDatabase(login, tls);
    try {
      return await verifyPipeline({ userId: this.userId, kafka: this.kafka, database, keys });
    } finally {
      database.destroy();
    }
  }
}
