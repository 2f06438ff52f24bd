import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { NODE_MAJOR } from '../node-version';
import { BUNDLING } from './bundling';
import { FunctionRole } from './function-role';

/** Properties of a {@link PipelineFunction}. */
export interface PipelineFunctionProps extends lambda.FunctionOptions {
  /** Folder in `lambda/` whose `handler.ts` is the entry point. */
  readonly folder: string;
  readonly vpc: ec2.IVpc;
  /** Subnets from which everything that the function calls can be reached. */
  readonly subnets: ec2.SubnetSelection;
  /** Id of the role, next to the function. @default 'Role' */
  readonly roleId?: string;
}

/**
 * A function of the pipeline: bundled from `lambda/`, in the VPC without general outbound access, with its own log group
 * and role. Both are siblings of the function, with the ids `Logs` and {@link PipelineFunctionProps.roleId}.
 */
export class PipelineFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    const { folder, subnets, roleId = 'Role', ...options } = props;
    const logGroup = new logs.LogGroup(scope, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      ...options,
      entry: join(__dirname, '../../lambda', folder, 'handler.ts'),
      runtime: new lambda.Runtime(`nodejs${NODE_MAJOR}.x`, lambda.RuntimeFamily.NODEJS),
      architecture: lambda.Architecture.ARM_64,
      bundling: BUNDLING,
      vpcSubnets: subnets,
      allowAllOutbound: false,
      logGroup,
      role: new FunctionRole(scope, roleId, { logGroup, inVpc: true }),
    });
  }

  /** Sets environment variables, by the names that the function's own contract allows. */
  addVariables<Contract extends Partial<Record<string, string>>>(variables: Contract): void {
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) this.addEnvironment(name, value);
    }
  }
}
