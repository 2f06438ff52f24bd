import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { nameOf } from '../../lib/names';
import { SUBNET_KINDS, subnetRange } from '../../lib/subnets';
import { awsCall } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';
import { describeStack } from './stack-outputs';

/**
 * Compares the subnets of a deployed network with the configuration. Brokers and database cannot move to other subnets, and
 * CloudFormation finds that out only after it has begun.
 *
 * @returns a sentence that names the field and what is allowed; `undefined` if the network can stay or is not deployed.
 */
export async function findMovedSubnets({
  account,
  config,
}: Pick<DeployedPipeline, 'account' | 'config'>): Promise<string | undefined> {
  if ((await describeStack(account, config.userId, 'Network')) === undefined) return undefined;
  const StackName = nameOf(config.userId, 'Network');
  const { StackResources = [] } = await awsCall('cloudformation:DescribeStackResources', () =>
    new CloudFormationClient(account.client).send(new DescribeStackResourcesCommand({ StackName })),
  );
  const SubnetIds = StackResources.filter(
    ({ ResourceType, PhysicalResourceId }) => ResourceType === 'AWS::EC2::Subnet' && PhysicalResourceId,
  ).map(({ PhysicalResourceId }) => PhysicalResourceId as string);
  if (SubnetIds.length === 0) return undefined;
  const { Subnets = [] } = await awsCall('ec2:DescribeSubnets', () =>
    new EC2Client(account.client).send(new DescribeSubnetsCommand({ SubnetIds })),
  );

  const { availabilityZoneIds, vpcCidr } = config;
  const deployedZones = [...new Set(Subnets.map(({ AvailabilityZoneId = '' }) => AvailabilityZoneId))].sort();
  if (deployedZones.some((zone) => !(availabilityZoneIds as readonly string[]).includes(zone))) {
    return because('availabilityZoneIds', availabilityZoneIds, `in the zones ${deployedZones.join(', ')}`);
  }
  const ranges = new Set(
    SUBNET_KINDS.flatMap((kind) => availabilityZoneIds.map((zone) => subnetRange(vpcCidr, kind, zone))),
  );
  const others = Subnets.flatMap(({ CidrBlock = '' }) => (ranges.has(CidrBlock) ? [] : [CidrBlock]));
  return others.length === 0
    ? undefined
    : because('vpcCidr', vpcCidr, `with other ranges (${others.toSorted().join(', ')})`);
}

const because = (field: string, value: unknown, deployed: string): string =>
  `pipeline.${field} is ${JSON.stringify(value)}, but the network is deployed ${deployed}. Brokers and database cannot move: set it back, or run "npm run destroy" first, which deletes all records of the topics.`;
