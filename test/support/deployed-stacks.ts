import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { awsAnswer } from './aws-answer';

/** CloudFormation with these stacks and no others: their outputs, by name. */
export function deployedStacks(stacks: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  const cloudFormation = mockClient(CloudFormationClient);
  cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsAnswer('ValidationError', 'Stack with id x does not exist'));
  for (const [StackName, outputs] of Object.entries(stacks)) {
    cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
      Stacks: [
        {
          StackName,
          CreationTime: new Date(0),
          StackStatus: 'CREATE_COMPLETE',
          Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
        },
      ],
    });
  }
}
