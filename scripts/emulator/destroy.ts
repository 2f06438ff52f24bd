import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { chooseAccount } from '../aws/aws-account';
import { awsCall } from '../aws/aws-call';
import type { EmulatedDeployment } from '../aws/emulated-deployment';
import type { Progress } from '../terminal/progress';
import { runCdk } from './cdk';

/**
 * Destroys all stacks of a deployment to the emulator, also those that are protected from that.
 *
 * @throws AwsError with what the CDK CLI says is wrong.
 */
export async function destroyDeployment(
  deployment: EmulatedDeployment,
  directory: string,
  progress: Progress,
): Promise<void> {
  const cloudFormation = new CloudFormationClient(chooseAccount().client);
  const { Stacks = [] } = await awsCall('cloudformation:DescribeStacks', () =>
    cloudFormation.send(new DescribeStacksCommand({})),
  );
  for (const { StackName } of Stacks.filter(
    ({ EnableTerminationProtection }) => EnableTerminationProtection,
  )) {
    await awsCall('cloudformation:UpdateTerminationProtection', () =>
      cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
      ),
    );
  }
  await runCdk({
    args: ['destroy', '--all', '--force'],
    deployment,
    directory,
    text: 'Making the templates',
    progress,
  });
}
