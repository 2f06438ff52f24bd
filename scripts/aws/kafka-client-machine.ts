import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AwsError, awsCall } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';
import { stackOutputs } from './stack-outputs';

/** The machine of the Kafka client, running. */
export interface KafkaClientMachine {
  readonly instanceId: string;
  /** Its public host name, or address where it has no name; another one after a stop and start. */
  readonly host: string;
}

/**
 * Finds the machine of the Kafka client.
 *
 * @throws AwsError when it is not deployed, or not running.
 */
export async function findKafkaClient({ account, config }: DeployedPipeline): Promise<KafkaClientMachine> {
  const { instanceId } = await stackOutputs(account, config.userId, 'KafkaClient');
  const ec2 = new EC2Client(account.client);
  const { Reservations = [] } = await awsCall('ec2:DescribeInstances', () =>
    ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })),
  );
  const instance = Reservations[0]?.Instances?.[0];
  const state = instance?.State?.Name ?? 'gone';
  if (state !== 'running') {
    const remedy =
      state === 'stopped'
        ? `Start it: aws ec2 start-instances --region ${config.region} --instance-ids ${instanceId}`
        : 'Deploy the stack KafkaClient again.';
    throw new AwsError(`The Kafka client ${instanceId} is ${state}. ${remedy}`, 'NotRunning');
  }
  return { instanceId, host: instance?.PublicDnsName || instance?.PublicIpAddress || '' };
}
