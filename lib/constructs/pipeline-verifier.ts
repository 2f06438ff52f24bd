import { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { MB_PER_CORE } from '../stack-sizes';
import type { KafkaCluster } from './kafka-cluster';
import { PipelineFunction } from './pipeline-function';
import type { SourceDatabase } from './source-database';

/** Properties of a {@link PipelineVerifier}. */
export interface PipelineVerifierProps {
  readonly vpc: ec2.IVpc;
  /** Subnets from which the database, Kafka and Secrets Manager can be reached. */
  readonly subnets: ec2.SubnetSelection;
  readonly database: SourceDatabase;
  readonly cluster: KafkaCluster;
}

/** The function that compares the topics with the tables. It has no schedule: `npm run verify` invokes it. */
export class PipelineVerifier extends Construct {
  readonly fn: PipelineFunction;

  constructor(scope: Construct, id: string, { vpc, subnets, database, cluster }: PipelineVerifierProps) {
    super(scope, id);
    this.fn = new PipelineFunction(this, 'Function', {
      description: 'Compares every record of the topics with every row of the tables',
      folder: 'verifier',
      // A full core, because hashing takes most of the time.
      memorySize: MB_PER_CORE,
      timeout: Duration.minutes(15),
      // Keys with changes are compared from a temporary file, some 80 bytes a record. It costs while a comparison runs only.
      ephemeralStorageSize: Size.gibibytes(10),
      vpc,
      subnets,
    });
    database.grantRead(this.fn);
    cluster.grantVerify(this.fn);
  }
}
