import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { PipelineFunction } from './pipeline-function';

/** The database that the three tables are in, wherever it is. */
export interface SourceDatabase {
  /** Host, port, dbname, username and password of an account that may read the tables. */
  readonly secret: secretsmanager.ISecret;

  /** Lets a function read: the way there, the secret, and the variable that names it. */
  grantRead(fn: PipelineFunction): void;

  /** The parts of a dashboard that show the database; none if AWS does not run it here. */
  widgets(): cloudwatch.IWidget[];
}
