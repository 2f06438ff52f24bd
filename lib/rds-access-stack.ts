import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { ExistingDatabase } from './constructs/existing-database';
import { ProvisionedDatabase } from './constructs/provisioned-database';
import { SampleTables } from './constructs/sample-tables';
import type { SourceDatabase } from './constructs/source-database';
import { OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/** Properties of the {@link RdsAccessStack}. */
export interface RdsAccessStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
}

/** The source database: a provisioned one with sample tables, or access to an existing one. */
export class RdsAccessStack extends Stack {
  readonly database: SourceDatabase;

  constructor(scope: Construct, id: string, { config, network, ...props }: RdsAccessStackProps) {
    super(scope, id, {
      description:
        'Database access. Removal leaves a snapshot of a provisioned database, and does not touch an existing one.',
      terminationProtection: true,
      ...props,
    });
    const { vpc, emitterSubnets: readerSubnets } = network;
    const { database } = config;
    if (database.mode === 'existing') {
      this.database = new ExistingDatabase(this, 'Database', { database, vpc, readerSubnets });
    } else {
      const subnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
      const provisioned = new ProvisionedDatabase(this, 'Database', {
        vpc,
        subnets,
        backupDays: database.backupDays,
      });
      const { loader } = new SampleTables(this, 'SampleTables', {
        database: provisioned,
        rows: database.sampleRows,
        vpc,
        subnets: readerSubnets,
      });
      network.allowSecretsManager(loader);
      this.database = provisioned;
    }

    new CfnOutput(this, OUTPUTS.RdsAccess.secretArn, { value: this.database.secret.secretArn });
  }
}
