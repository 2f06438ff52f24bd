import { DescribeVpcPeeringConnectionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { paginateDescribeDBInstances, RDSClient } from '@aws-sdk/client-rds';
import { nameOf } from '../../lib/names';
import { allPages } from '../aws/all-pages';
import { awsCall } from '../aws/aws-call';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { type Finding, failed, ok, skipped } from './check';

/**
 * Examines whether the address that the name of an existing RDS instance resolves to can be reached the way that is
 * configured: a publicly accessible instance resolves to its public address, except over a peering with DNS resolution.
 */
export async function examineDatabaseAddress({ account, config }: DeployedPipeline): Promise<Finding> {
  const { database } = config;
  if (database.mode === 'provisioned') return ok('provisioned, in isolated subnets');
  const instances = await allPages(
    'rds:DescribeDBInstances',
    paginateDescribeDBInstances({ client: new RDSClient(account.client) }, {}),
    ({ DBInstances }) => DBInstances,
  );
  const instance = instances.find(({ Endpoint }) => Endpoint?.Address === database.host);
  if (instance === undefined) return skipped(`${database.host} is no RDS instance of this account`);
  const name = instance.DBInstanceIdentifier;
  if (database.reach.via === 'internet') {
    return instance.PubliclyAccessible
      ? ok(`${name} is publicly accessible`)
      : failed(
          `${name} has no public address, and pipeline.database.reach.via is "internet"`,
          'in cdk.json: "reach": { "via": "vpc", … }',
        );
  }
  if (!instance.PubliclyAccessible) return ok(`${name} has a private address only`);

  const { vpcId } = database.reach;
  const { VpcPeeringConnections = [] } = await awsCall('ec2:DescribeVpcPeeringConnections', () =>
    new EC2Client(account.client).send(
      new DescribeVpcPeeringConnectionsCommand({
        Filters: [
          { Name: 'accepter-vpc-info.vpc-id', Values: [vpcId] },
          { Name: 'status-code', Values: ['active'] },
          { Name: 'tag:UserId', Values: [config.userId] },
        ],
      }),
    ),
  );
  const [peering] = VpcPeeringConnections;
  if (peering === undefined) {
    return failed(
      `there is no active peering connection with ${vpcId}`,
      `npm run deploy makes it, in the stack ${nameOf(config.userId, 'RdsAccess')}`,
    );
  }
  return peering.AccepterVpcInfo?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc
    ? ok(`${name} is publicly accessible, and resolves to its private address over the peering`)
    : failed(
        `${name} is publicly accessible, and resolves to its public address, which the functions cannot reach`,
        `aws ec2 modify-vpc-peering-connection-options --region ${config.region} --vpc-peering-connection-id ${peering.VpcPeeringConnectionId} --accepter-peering-connection-options AllowDnsResolutionFromRemoteVpc=true`,
      );
}
