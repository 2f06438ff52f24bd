import { Match } from 'aws-cdk-lib/assertions';
import { CONFIGURATIONS, changesBetween, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const internet = synthesize(CONFIGURATIONS.internet);
const large = synthesize(CONFIGURATIONS.large);
const vpc = synthesize(CONFIGURATIONS.vpc);

/** The last of the default zones, replaced. */
const OTHER_ZONE = { availabilityZoneIds: ['use1-az1', 'use1-az2', 'use1-az6'] };

test('the template of Network', () => {
  expect(snapshotOf(provisioned.templates.Network)).toMatchSnapshot();
});

test('the template of Network for a database over the internet differs in these resources', () => {
  expect(changesBetween(provisioned.templates.Network, internet.templates.Network)).toMatchInlineSnapshot(`
[
  "+ AWS::EC2::EIP NatAddress",
  "+ AWS::EC2::NatGateway VpcPublicAz1NATGateway",
  "+ AWS::EC2::Route VpcEgressAz1DefaultRoute",
  "+ AWS::EC2::Route VpcEgressAz2DefaultRoute",
  "+ AWS::EC2::Route VpcEgressAz4DefaultRoute",
  "+ AWS::EC2::RouteTable VpcEgressAz1RouteTable",
  "+ AWS::EC2::RouteTable VpcEgressAz2RouteTable",
  "+ AWS::EC2::RouteTable VpcEgressAz4RouteTable",
  "+ AWS::EC2::Subnet VpcEgressAz1Subnet",
  "+ AWS::EC2::Subnet VpcEgressAz2Subnet",
  "+ AWS::EC2::Subnet VpcEgressAz4Subnet",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressAz1RouteTableAssociation",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressAz2RouteTableAssociation",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressAz4RouteTableAssociation",
  "- AWS::EC2::SecurityGroup VpcSecretsManagerSecurityGroup",
  "- AWS::EC2::VPCEndpoint VpcSecretsManager",
  "- AWS::SNS::Subscription Alarmsadaexamplecom",
  "~ AWS::EC2::VPCEndpoint VpcS3",
]
`);
});

describe('the network', () => {
  test('has public and isolated subnets in three zones, and no NAT gateway', () => {
    const network = templateOf(provisioned, 'Network');

    network.resourceCountIs('AWS::EC2::Subnet', 6);
    network.resourceCountIs('AWS::EC2::NatGateway', 0);
    network.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    for (const AvailabilityZoneId of ['use1-az1', 'use1-az2', 'use1-az4']) {
      network.resourcePropertiesCountIs('AWS::EC2::Subnet', { AvailabilityZoneId }, 2);
    }
  });

  test('keeps the subnets of the zones that stay when one zone changes, and gives the new one ranges of its own', () => {
    const before = provisioned.templates.Network;
    const after = synthesize({ ...CONFIGURATIONS.provisioned, ...OTHER_ZONE }).templates.Network;

    expect(changesBetween(before, after).filter((change) => /AWS::EC2::Subnet /.test(change))).toEqual([
      '+ AWS::EC2::Subnet VpcIsolatedAz6Subnet',
      '+ AWS::EC2::Subnet VpcPublicAz6Subnet',
      '- AWS::EC2::Subnet VpcIsolatedAz4Subnet',
      '- AWS::EC2::Subnet VpcPublicAz4Subnet',
    ]);
    const ranges = [before, after].flatMap(({ Resources }) =>
      Object.entries(Resources)
        .filter(([, { Type }]) => Type === 'AWS::EC2::Subnet')
        .map(([id, { Properties }]) => [String(Properties.CidrBlock), id] as const),
    );
    expect(new Map(ranges).size).toBe(8);
    expect(new Set(ranges.map(String)).size).toBe(8);
  });

  test('has one interface endpoint, in one zone, for the one service that the emitter calls', () => {
    const network = templateOf(provisioned, 'Network');

    network.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 1);
    network.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: 'com.amazonaws.us-east-1.secretsmanager',
      SubnetIds: [Match.anyValue()],
      PrivateDnsEnabled: true,
    });
  });

  test('has the endpoint in as many zones as configured', () => {
    templateOf(large, 'Network').hasResourceProperties('AWS::EC2::VPCEndpoint', {
      VpcEndpointType: 'Interface',
      SubnetIds: [Match.anyValue(), Match.anyValue()],
    });
  });

  test('has one NAT gateway instead, if the database is reached over the internet', () => {
    const network = templateOf(internet, 'Network');

    network.resourceCountIs('AWS::EC2::NatGateway', 1);
    network.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 0);
    network.hasOutput('NatIpAddress', {});
  });

  test('logs rejected traffic, and mails alarms', () => {
    const network = templateOf(provisioned, 'Network');

    network.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    network.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ada@example.com',
    });
    templateOf(vpc, 'Network').resourceCountIs('AWS::SNS::Subscription', 0);
  });
});
