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

/** Name of the database with the three tables, as in the original project. */
const DATABASE_NAME = 'pinterest_data';

/** Major version of the database. */
const MARIADB_VERSION = '11.4';

/** Properties of a {@link ProvisionedDatabase}. */
export interface ProvisionedDatabaseProps {
  readonly vpc: ec2.IVpc;
  /** Isolated subnets in at least two zones. */
  readonly subnets: ec2.SubnetSelection;
  /** Days that RDS keeps backups for. */
  readonly backupDays: number;
}

/** A small RDS MariaDB 11.4 instance of the pipeline. Its removal leaves a snapshot. */
export class ProvisionedDatabase extends Construct implements SourceDatabase, ec2.IConnectable {
  readonly connections: ec2.Connections;
  /** Credentials of the account that reads tables and log, which the sample loader creates. */
  readonly secret: secretsmanager.ISecret;

  private readonly ownerSecret: secretsmanager.ISecret;
  private readonly instance: rds.DatabaseInstance;

  constructor(scope: Construct, id: string, { vpc, subnets, backupDays }: ProvisionedDatabaseProps) {
    super(scope, id);
    // RDS picks the minor version, and upgrades it. It withdraws each after about a year, and a template that names one
    // fails from then on. The schema of AWS::RDS::DBInstance takes a prefix of the version for equal to it.
    const engine = rds.DatabaseInstanceEngine.mariaDb({
      version: rds.MariaDbEngineVersion.of(MARIADB_VERSION, MARIADB_VERSION),
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
          // An instance needs 1 here, a cluster ON: https://github.com/prowler-cloud/prowler/pull/4116
          require_secure_transport: '1',
          // The sample loader uses LOAD DATA LOCAL INFILE.
          local_infile: '1',
          // The emitter follows changes in the log. RDS writes it while there are backups.
          binlog_format: 'ROW',
          // Column names in the log, so that a column is found by name after ALTER TABLE.
          binlog_row_metadata: 'FULL',
        },
      }),
      allocatedStorage: DATABASE_STORAGE_GIB,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      publiclyAccessible: false,
      backupRetention: Duration.days(backupDays),
      copyTagsToSnapshot: true,
      removalPolicy: RemovalPolicy.SNAPSHOT,
    });
    this.connections = this.instance.connections;
    this.ownerSecret = this.instance.secret ?? owner;
    this.secret = reader.attach(this.instance);

    Validations.of(this.instance).acknowledge(
      {
        id: 'AwsSolutions-RDS3',
        reason: 'The sample tables can be created again in a minute. A second zone would double the price.',
      },
      {
        id: 'CloudFormation-Validate::E9006',
        reason:
          'The list of versions has minor ones only, which RDS withdraws. RDS takes the major version, too.',
      },
      {
        id: 'AwsSolutions-RDS10',
        reason: 'The stack has termination protection, and its removal leaves a snapshot.',
      },
      {
        id: 'AwsSolutions-RDS11',
        reason:
          'Only functions in isolated subnets and the Kafka client can reach the port. Another number would hide nothing.',
      },
    );
    for (const secret of [owner, reader]) {
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions-SMG4',
        reason: 'The database holds sample tables only, and cannot be reached from outside the VPC.',
      });
    }
  }

  grantRead(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this, 'Database');
    this.secret.grantRead(fn);
    fn.addVariables<EmitterVariables>({ DATABASE_SECRET_ARN: this.secret.secretArn });
  }

  /** Allows a function to create the tables and the emitter's account: opens the port, grants both secrets, sets the variables. */
  grantLoad(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this, 'Database');
    this.ownerSecret.grantRead(fn);
    this.secret.grantRead(fn);
    fn.addVariables<SampleLoaderVariables>({
      OWNER_SECRET_ARN: this.ownerSecret.secretArn,
      READER_SECRET_ARN: this.secret.secretArn,
    });
  }

  grantTunnel(machine: ec2.IConnectable): void {
    // From the machine's side, so that both rules are in its stack and this one does not depend on it.
    machine.connections.allowToDefaultPort(this, 'Tunnel to the database');
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
