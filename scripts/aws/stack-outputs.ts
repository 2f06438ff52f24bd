import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { nameOf, OUTPUTS, type StackId } from '../../lib/names';
import type { AwsAccount } from './aws-account';
import { AwsError, awsCall, isAwsError } from './aws-call';

/** The outputs of one of the stacks, by the names that `OUTPUTS` has for them. */
export type StackOutputs<Id extends StackId> = { readonly [Name in keyof (typeof OUTPUTS)[Id]]: string };

/**
 * Looks a stack up.
 *
 * @returns `undefined` when it is not there.
 */
export async function describeStack(
  account: AwsAccount,
  userId: string,
  id: StackId,
): Promise<Stack | undefined> {
  const cloudFormation = new CloudFormationClient(account.client);
  try {
    const { Stacks } = await awsCall('cloudformation:DescribeStacks', () =>
      cloudFormation.send(new DescribeStacksCommand({ StackName: nameOf(userId, id) })),
    );
    return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    // How CloudFormation says that there is no stack of that name.
    if (isAwsError(error, 'ValidationError') && /does not exist/.test((error as Error).message))
      return undefined;
    throw error;
  }
}

/**
 * Reads what a deployed stack says of itself.
 *
 * @throws AwsError when it is not deployed, or not to its end.
 */
export async function stackOutputs<Id extends StackId>(
  account: AwsAccount,
  userId: string,
  id: Id,
): Promise<StackOutputs<Id>> {
  const stack = await describeStack(account, userId, id);
  const name = nameOf(userId, id);
  const place = `${account.client.region} of ${account.name}`;
  if (stack === undefined) {
    throw new AwsError(
      `The stack ${name} is not deployed in ${place}. "npm run deploy" creates it; is ${userId} the right user id?`,
      'NotDeployed',
    );
  }
  const entries = Object.entries(OUTPUTS[id]).map(([property, key]) => {
    const value = stack.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    if (value === undefined) {
      throw new AwsError(
        `The stack ${name} in ${place} has no output ${key} (it is ${stack.StackStatus}). Deploy it again with "npm run deploy".`,
        'NotDeployed',
      );
    }
    return [property, value];
  });
  return Object.fromEntries(entries) as StackOutputs<Id>;
}
