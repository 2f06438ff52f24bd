import { DescribeClusterV2Command, KafkaClient } from '@aws-sdk/client-kafka';
import { OUTPUTS } from '../../lib/names';
import { awsCall } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';
import { describeStack } from './stack-outputs';

/** Field of the configuration that is an attribute of the cluster. */
interface ClusterField {
  readonly field: string;
  readonly wanted: string | number;
  readonly deployed: string | number | undefined;
}

/**
 * Compares the deployed cluster with the configuration. MSK changes one attribute at a time, and refuses a deployment that
 * changes two: https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-cluster-config.html
 *
 * @returns a sentence that names the fields and says which one to deploy first; `undefined` if at most one differs.
 */
export async function findClusterChanges({
  account,
  config,
}: Pick<DeployedPipeline, 'account' | 'config'>): Promise<string | undefined> {
  const stack = await describeStack(account, config.userId, 'KafkaCluster');
  const ClusterArn = stack?.Outputs?.find(
    ({ OutputKey }) => OutputKey === OUTPUTS.KafkaCluster.clusterArn,
  )?.OutputValue;
  if (ClusterArn === undefined) return undefined;
  const { ClusterInfo } = await awsCall('kafka:DescribeClusterV2', () =>
    new KafkaClient(account.client).send(new DescribeClusterV2Command({ ClusterArn })),
  );
  const { Provisioned: deployed } = ClusterInfo ?? {};
  const { kafka } = config;
  // In the order in which they help each other: more room first, the version last.
  const fields: ClusterField[] = [
    {
      field: 'kafka.volumeGiB',
      wanted: kafka.volumeGiB,
      deployed: deployed?.BrokerNodeGroupInfo?.StorageInfo?.EbsStorageInfo?.VolumeSize,
    },
    {
      field: 'kafka.brokerType',
      wanted: kafka.brokerType,
      deployed: deployed?.BrokerNodeGroupInfo?.InstanceType,
    },
    { field: 'kafka.brokers', wanted: kafka.brokers, deployed: deployed?.NumberOfBrokerNodes },
    { field: 'kafka.monitoring', wanted: kafka.monitoring, deployed: deployed?.EnhancedMonitoring },
    {
      field: 'kafka.version',
      wanted: kafka.version,
      deployed: deployed?.CurrentBrokerSoftwareInfo?.KafkaVersion,
    },
  ];
  const [first, ...later] = fields.filter(
    ({ wanted, deployed: found }) => found !== undefined && found !== wanted,
  );
  if (first === undefined || later.length === 0) return undefined;
  const all = [first, ...later].map(
    ({ field, wanted, deployed: found }) => `pipeline.${field} is ${wanted} (deployed: ${found})`,
  );
  const asBefore = later.map(({ field, deployed: found }) => `-c pipeline.${field}=${found}`);
  return `${all.join(', ')}: MSK changes one attribute of a cluster at a time. Deploy ${first.field} first: npm run deploy -- ${asBefore.join(' ')}`;
}
