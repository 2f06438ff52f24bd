import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BUNDLING } from './bundling';
import { FunctionRole } from './function-role';
import type { KafkaCluster } from './kafka-cluster';
import type { SourceDatabase } from './source-database';

/** Properties of a {@link PipelineVerifier}. */
export interface PipelineVerifierProps {
  readonly vpc: ec2.IVpc;
  /** Subnets from which database, Kafka and Secrets Manager can be reached. */
  readonly subnets: ec2.SubnetSelection;
  readonly database: SourceDatabase;
  readonly cluster: KafkaCluster;
}

/** The function that compares the topics with the tables. Nothing runs it but a person: `npm run verify`. */
export class PipelineVerifier extends Construct {
  readonly fn: NodejsFunction;

  constructor(scope: Construct, id: string, { vpc, subnets, database, cluster }: PipelineVerifierProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.fn = new NodejsFunction(this, 'Function', {
      description: 'Compares every record of the topics with every row of the tables',
      entry: join(__dirname, '../../lambda/verifier/handler.ts'),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      // A full CPU: hashing is what takes the time. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
      memorySize: 1769,
      timeout: Duration.minutes(15),
      bundling: BUNDLING,
      vpc,
      vpcSubnets: subnets,
      allowAllOutbound: false,
      logGroup,
      role: new FunctionRole(this, 'Role', { logGroup, inVpc: true }),
    });
    database.grantRead(this.fn);
    cluster.grantVerify(this.fn);
  }
}
