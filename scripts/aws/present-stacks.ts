import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  type Stack,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { STACKS, type StackId } from '../../lib/names';
import type { AwsAccount } from './aws-account';
import { awsCall } from './aws-call';
import { describeStack } from './stack-outputs';

/** A stack of the pipeline that is there, in whatever state. */
export interface PresentStack extends Stack {
  readonly id: StackId;
  readonly StackName: string;
}

/** The stacks of a user's pipeline that are there, in the order in which they are deployed. */
export async function presentStacks(account: AwsAccount, userId: string): Promise<PresentStack[]> {
  const stacks = await Promise.all(
    STACKS.map(async (id) => {
      const stack = await describeStack(account, userId, id);
      return stack === undefined ? [] : [{ ...stack, id } as PresentStack];
    }),
  );
  return stacks.flat();
}

/** Tells whether the first deployment of a stack failed. Such a stack can only be deleted, which the CDK CLI does. */
export const hasNeverBeenDeployed = ({ StackStatus }: Stack): boolean =>
  StackStatus === 'ROLLBACK_COMPLETE' || StackStatus === 'ROLLBACK_FAILED';

/** Lets stacks be deleted. Those that are deployed again are protected again. */
export async function endTerminationProtection(
  { client }: AwsAccount,
  stacks: readonly PresentStack[],
): Promise<void> {
  const cloudFormation = new CloudFormationClient(client);
  for (const { StackName, EnableTerminationProtection } of stacks) {
    if (!EnableTerminationProtection) continue;
    await awsCall('cloudformation:UpdateTerminationProtection', () =>
      cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
      ),
    );
  }
}

/** How EC2 says that a network interface still uses a subnet or a security group. */
const STILL_USED = /depend|in use/i;

/**
 * Tells whether a stack could not be deleted only because something of EC2 is still used. The network interfaces of functions
 * and brokers outlive them by up to 20 minutes.
 */
export async function waitsForInterfaces(
  { client }: AwsAccount,
  { StackName, StackStatus }: PresentStack,
): Promise<boolean> {
  if (StackStatus !== 'DELETE_FAILED') return false;
  const { StackResources = [] } = await awsCall('cloudformation:DescribeStackResources', () =>
    new CloudFormationClient(client).send(new DescribeStackResourcesCommand({ StackName })),
  );
  const failed = StackResources.filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED');
  return (
    failed.length > 0 &&
    failed.every(
      ({ ResourceType = '', ResourceStatusReason = '' }) =>
        ResourceType.startsWith('AWS::EC2::') && STILL_USED.test(ResourceStatusReason),
    )
  );
}

/** Tells whether a stack has a resource of a CloudFormation type. */
export async function hasResource(
  { client }: AwsAccount,
  { StackName }: PresentStack,
  type: string,
): Promise<boolean> {
  const { StackResources } = await awsCall('cloudformation:DescribeStackResources', () =>
    new CloudFormationClient(client).send(new DescribeStackResourcesCommand({ StackName })),
  );
  return StackResources?.some(({ ResourceType }) => ResourceType === type) ?? false;
}
