import { DescribeVpcPeeringConnectionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { parseConfig } from '../../../lib/config';
import { chooseAccount } from '../../../scripts/aws/aws-account';
import { examineDatabaseAddress } from '../../../scripts/doctor/database-address';

const ec2 = mockClient(EC2Client);
const rds = mockClient(RDSClient);

const PEER = {
  via: 'vpc',
  vpcId: 'vpc-0123456789abcdef0',
  cidr: '10.99.0.0/16',
  routeTableIds: ['rtb-0123456789abcdef0'],
  securityGroupId: 'sg-0123456789abcdef0',
};

const examine = (reach: object) =>
  examineDatabaseAddress({
    account: chooseAccount({ aws: true }),
    overrides: [],
    config: parseConfig({
      userId: 'ada',
      database: { mode: 'existing', host: 'posts.rds.example.com', name: 'posts', reach },
    }),
  });

function instanceIs(PubliclyAccessible: boolean, Address = 'posts.rds.example.com'): void {
  rds.on(DescribeDBInstancesCommand).resolves({
    DBInstances: [{ DBInstanceIdentifier: 'posts', PubliclyAccessible, Endpoint: { Address } }],
  });
}

function peeringIs(AllowDnsResolutionFromRemoteVpc: boolean): void {
  ec2.on(DescribeVpcPeeringConnectionsCommand).resolves({
    VpcPeeringConnections: [
      {
        VpcPeeringConnectionId: 'pcx-1',
        AccepterVpcInfo: { PeeringOptions: { AllowDnsResolutionFromRemoteVpc } },
      },
    ],
  });
}

test('a publicly accessible database is out of reach over a peering that resolves to its public address', async () => {
  instanceIs(true);
  peeringIs(false);

  expect(await examine(PEER)).toEqual({
    status: 'failed',
    text: 'posts is publicly accessible, and resolves to its public address, which the functions cannot reach',
    fix: expect.stringContaining(
      'modify-vpc-peering-connection-options --region us-east-1 --vpc-peering-connection-id pcx-1 --accepter-peering-connection-options AllowDnsResolutionFromRemoteVpc=true',
    ),
  });
});

test('it is within reach over one that resolves to its private address', async () => {
  instanceIs(true);
  peeringIs(true);

  expect(await examine(PEER)).toMatchObject({ status: 'ok' });
});

test('a peering that is missing is named', async () => {
  instanceIs(true);
  ec2.on(DescribeVpcPeeringConnectionsCommand).resolves({});

  expect(await examine(PEER)).toMatchObject({ status: 'failed', text: expect.stringContaining('no active') });
});

test.each([
  [true, 'ok'],
  [false, 'failed'],
])('over the internet a database whose public accessibility is %s is %s', async (accessible, status) => {
  instanceIs(accessible);

  expect(await examine({ via: 'internet' })).toMatchObject({ status });
});

test('of a database that is not on RDS nothing is known', async () => {
  instanceIs(true, 'other.example.com');

  expect(await examine({ via: 'internet' })).toMatchObject({ status: 'skipped' });
});
