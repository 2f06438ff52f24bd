import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { BUNDLING } from './bundling';
import { FunctionRole } from './function-role';
import type { ProvisionedDatabase } from './provisioned-database';

/** Properties of {@link SampleTables}. */
export interface SampleTablesProps {
  readonly database: ProvisionedDatabase;
  /** Rows in each table. Another number makes the tables anew. */
  readonly rows: number;
  readonly vpc: ec2.IVpc;
  /** Subnets from which the database and Secrets Manager can be reached. */
  readonly subnets: ec2.SubnetSelection;
}

/** The three tables with made-up posts, and the account that reads them: a fresh deployment has something to emit. */
export class SampleTables extends Construct {
  /** What fills the database; runs once in a deployment. */
  readonly loader: lambda.Function;

  constructor(scope: Construct, id: string, { database, rows, vpc, subnets }: SampleTablesProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.loader = new NodejsFunction(this, 'Loader', {
      description: 'Makes the sample tables and the account that reads them',
      entry: join(__dirname, '../../lambda/sample-loader/handler.ts'),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      timeout: Duration.minutes(15),
      bundling: BUNDLING,
      vpc,
      vpcSubnets: subnets,
      allowAllOutbound: false,
      logGroup,
      role: new FunctionRole(this, 'LoaderRole', { logGroup, inVpc: true }),
    });
    database.grantLoad(this.loader);

    const provider = new cr.Provider(this, 'Provider', {
      onEventHandler: this.loader,
      logGroup,
      frameworkOnEventRole: this.invokerOf(this.loader, logGroup),
    });
    const tables = new CustomResource(this, 'Tables', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::SampleTables',
      properties: { rows },
    });
    // With the rules of the security groups, which are parts of these.
    tables.node.addDependency(database, this.loader);
  }

  /** As it is: the provider would also allow every version of the function. */
  private invokerOf(fn: lambda.Function, logGroup: logs.ILogGroup): iam.IRole {
    const role = new FunctionRole(this, 'ProviderRole', { logGroup, inVpc: false });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:GetFunction', 'lambda:InvokeFunction'],
        resources: [fn.functionArn],
      }),
    );
    return role.withoutPolicyUpdates();
  }
}
