import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { PipelineFunction } from './pipeline-function';

/** The database with the three tables. */
export interface SourceDatabase {
  /** Secret with host, port, dbname, username and password of an account that may read the tables. */
  readonly secret: secretsmanager.ISecret;

  /** Allows a function to read: opens the port, grants the secret and sets the variable that names it. */
  grantRead(fn: PipelineFunction): void;

  /** Allows a machine to tunnel to the database. An existing database is reached without the pipeline, so there it does nothing. */
  grantTunnel(machine: ec2.IConnectable): void;

  /** Returns the dashboard widgets of the database. There are none for an existing database. */
  widgets(): cloudwatch.IWidget[];
}
