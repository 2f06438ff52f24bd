import { CustomResource, Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { FunctionRole } from './function-role';
import { PipelineFunction } from './pipeline-function';
import type { ProvisionedDatabase } from './provisioned-database';

/** Properties of {@link SampleTables}. */
export interface SampleTablesProps {
  readonly database: ProvisionedDatabase;
  /** Number of rows in each table. Changing it creates the tables again. */
  readonly rows: number;
  readonly vpc: ec2.IVpc;
  /** Subnets from which the database and Secrets Manager can be reached. */
  readonly subnets: ec2.SubnetSelection;
}

/** Three tables with generated posts, and the emitter's account, so that a new deployment has rows to emit. */
export class SampleTables extends Construct {
  /** Function that fills the database. It runs once per deployment. */
  readonly loader: PipelineFunction;

  constructor(scope: Construct, id: string, { database, rows, vpc, subnets }: SampleTablesProps) {
    super(scope, id);
    this.loader = new PipelineFunction(this, 'Loader', {
      description: 'Creates the sample tables and the account of the emitter',
      folder: 'sample-loader',
      memorySize: 1024,
      timeout: Duration.minutes(15),
      vpc,
      subnets,
      roleId: 'LoaderRole',
    });
    database.grantLoad(this.loader);

    const { logGroup } = this.loader;
    const provider = new cr.Provider(this, 'Provider', {
      onEventHandler: this.loader,
      logGroup,
      frameworkOnEventRole: this.invokerRole(logGroup),
    });
    const tables = new CustomResource(this, 'Tables', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::SampleTables',
      properties: { rows },
    });
    // Including their security group rules: the loader needs them.
    tables.node.addDependency(database, this.loader);
  }

  /** Creates a role that the provider cannot extend, because it would also allow every version of the function. */
  private invokerRole(logGroup: logs.ILogGroup): iam.IRole {
    const role = new FunctionRole(this, 'ProviderRole', { logGroup, inVpc: false });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:GetFunction', 'lambda:InvokeFunction'],
        resources: [this.loader.functionArn],
      }),
    );
    return role.withoutPolicyUpdates();
  }
}
