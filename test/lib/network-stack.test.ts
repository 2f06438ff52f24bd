import { Match } from 'aws-cdk-lib/assertions';
import { CONFIGURATIONS, changesBetween, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const internet = synthesize(CONFIGURATIONS.internet);
const large = synthesize(CONFIGURATIONS.large);
const vpc = synthesize(CONFIGURATIONS.vpc);

test('the template of Network', () => {
  expect(snapshotOf(provisioned.templates.Network)).toMatchSnapshot();
});

test('the template of Network for a database over the internet differs in these resources', () => {
  expect(changesBetween(provisioned.templates.Network, internet.templates.Network)).toMatchInlineSnapshot(`
[
  "+ AWS::EC2::EIP NatAddress",
  "+ AWS::EC2::NatGateway VpcPublicSubnet1NATGateway",
  "+ AWS::EC2::Route VpcEgressSubnet1DefaultRoute",
  "+ AWS::EC2::Route VpcEgressSubnet2DefaultRoute",
  "+ AWS::EC2::Route VpcEgressSubnet3DefaultRoute",
  "+ AWS::EC2::RouteTable VpcEgressSubnet1RouteTable",
  "+ AWS::EC2::RouteTable VpcEgressSubnet2RouteTable",
  "+ AWS::EC2::RouteTable VpcEgressSubnet3RouteTable",
  "+ AWS::EC2::Subnet VpcEgressSubnet1Subnet",
  "+ AWS::EC2::Subnet VpcEgressSubnet2Subnet",
  "+ AWS::EC2::Subnet VpcEgressSubnet3Subnet",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressSubnet1RouteTableAssociation",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressSubnet2RouteTableAssociation",
  "+ AWS::EC2::SubnetRouteTableAssociation VpcEgressSubnet3RouteTableAssociation",
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
    for (const AvailabilityZone of ['us-east-1a', 'us-east-1b', 'us-east-1c']) {
      network.resourcePropertiesCountIs('AWS::EC2::Subnet', { AvailabilityZone }, 2);
    }
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
