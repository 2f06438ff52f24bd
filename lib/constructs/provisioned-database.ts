import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { SampleLoaderVariables } from '../../lambda/sample-loader/environment';
import type { EmitterVariables } from '../../lambda/shared/environment';
import { DATABASE_INSTANCE_TYPE, DATABASE_STORAGE_GIB } from '../stack-sizes';
import type { PipelineFunction } from './pipeline-function';
import type { SourceDatabase } from './source-database';

/** Name of the schema that holds the three tables, as in the original database. */
const DATABASE_NAME = 'pinterest_data';

/** Properties of a {@link ProvisionedDatabase}. */
export interface ProvisionedDatabaseProps {
  readonly vpc: ec2.IVpc;
  /** Isolated subnets in at least two zones. */
  readonly subnets: ec2.SubnetSelection;
}

/** A small RDS MariaDB 11.4 of the pipeline's own; on removal a snapshot stays. */
export class ProvisionedDatabase extends Construct implements SourceDatabase, ec2.IConnectable {
  readonly connections: ec2.Connections;
  /** The login of an account that may only read them, which the loader makes. */
  readonly secret: secretsmanager.ISecret;

  private readonly ownerSecret: secretsmanager.ISecret;
  private readonly instance: rds.DatabaseInstance;

  constructor(scope: Construct, id: string, { vpc, subnets }: ProvisionedDatabaseProps) {
    super(scope, id);
    // The newest minor version that CloudFormation knows; RDS itself goes on from there.
    const engine = rds.DatabaseInstanceEngine.mariaDb({
      version: rds.MariaDbEngineVersion.of('11.4.13', '11.4'),
    });
    const owner = new rds.DatabaseSecret(this, 'Owner', { username: 'owner', dbname: DATABASE_NAME });
    const reader = new rds.DatabaseSecret(this, 'Reader', { username: 'reader', dbname: DATABASE_NAME });

    this.instance = new rds.DatabaseInstance(this, 'Instance', {
      engine,
      instanceType: new ec2.InstanceType(DATABASE_INSTANCE_TYPE),
      vpc,
      vpcSubnets: subnets,
      databaseName: DATABASE_NAME,
      credentials: rds.Credentials.fromSecret(owner),
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        parameters: {
          // An instance takes 1 here, a cluster ON: https://github.com/prowler-cloud/prowler/pull/4116
          require_secure_transport: '1',
          // The loader sends the rows as a file would be sent.
          local_infile: '1',
        },
      }),
      allocatedStorage: DATABASE_STORAGE_GIB,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      publiclyAccessible: false,
      backupRetention: Duration.days(7),
      copyTagsToSnapshot: true,
      removalPolicy: RemovalPolicy.SNAPSHOT,
    });
    this.connections = this.instance.connections;
    this.ownerSecret = this.instance.secret ?? owner;
    this.secret = reader.attach(this.instance);

    Validations.of(this.instance).acknowledge(
      {
        id: 'AwsSolutions-RDS3',
        reason: 'Sample tables, made again in a minute; a second zone would double the price.',
      },
      {
        id: 'AwsSolutions-RDS10',
        reason: 'The stack has termination protection, and removal leaves a snapshot.',
      },
      {
        id: 'AwsSolutions-RDS11',
        reason: 'The port is open to two functions in isolated subnets; another number would hide nothing.',
      },
    );
    for (const secret of [owner, reader]) {
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions-SMG4',
        reason: 'Sample tables only, and no way to them from outside the VPC.',
      });
    }
  }

  grantRead(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this, 'Database');
    this.secret.grantRead(fn);
    fn.addVariables<EmitterVariables>({ DATABASE_SECRET_ARN: this.secret.secretArn });
  }

  /** Lets a function make the tables and the account that reads them: the way there, both secrets, and their names. */
  grantLoad(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this, 'Database');
    this.ownerSecret.grantRead(fn);
    this.secret.grantRead(fn);
    fn.addVariables<SampleLoaderVariables>({
      OWNER_SECRET_ARN: this.ownerSecret.secretArn,
      READER_SECRET_ARN: this.secret.secretArn,
    });
  }

  widgets(): cloudwatch.IWidget[] {
    const graph = (title: string, metric: cloudwatch.IMetric) =>
      new cloudwatch.GraphWidget({ title, left: [metric], width: 8 });
    return [
      graph('Database: CPU (%)', this.instance.metricCPUUtilization()),
      graph('Database: connections', this.instance.metricDatabaseConnections()),
      graph('Database: free storage (bytes)', this.instance.metricFreeStorageSpace()),
    ];
  }
}
