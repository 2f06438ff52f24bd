import { CfnElement, type CfnResource, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type SubnetKind, subnetRange, type ZoneId } from '../subnets';

/** Properties of a {@link ZonalVpc}. */
export interface ZonalVpcProps
  extends Omit<ec2.VpcProps, 'availabilityZones' | 'ipAddresses' | 'maxAzs' | 'subnetConfiguration'> {
  /** Address range of the VPC. */
  readonly cidr: string;
  readonly zones: readonly ZoneId[];
  /** Kinds of subnets, each with its type. Every zone has one of each. */
  readonly subnets: readonly { readonly name: SubnetKind; readonly subnetType: ec2.SubnetType }[];
}

/**
 * A VPC with its subnets in zones that are given by id. Logical ids and address ranges of the subnets belong to their
 * zones and not to their places in a list, so that another list of zones leaves the common ones as they are.
 */
export class ZonalVpc extends ec2.Vpc {
  constructor(scope: Construct, id: string, { cidr, zones, subnets, ...props }: ZonalVpcProps) {
    super(scope, id, {
      ...props,
      // Names for the CDK only; placeInZone replaces them.
      availabilityZones: [...zones],
      ipAddresses: {
        allocateVpcCidr: () => ({ cidrBlock: cidr }),
        allocateSubnetsCidr: ({ requestedSubnets }) => ({
          allocatedSubnets: requestedSubnets.map(({ configuration, availabilityZone }) => ({
            cidr: subnetRange(cidr, configuration.name as SubnetKind, availabilityZone as ZoneId),
          })),
        }),
      },
      subnetConfiguration: subnets.map((subnet) => ({
        ...subnet,
        // Only public subnets may have the property.
        ...(subnet.subnetType === ec2.SubnetType.PUBLIC && { mapPublicIpOnLaunch: false }),
      })),
    });
    for (const subnet of [...this.publicSubnets, ...this.privateSubnets, ...this.isolatedSubnets]) {
      placeInZone(subnet, id);
    }
    keepLogs(this);
  }
}

/** Id that the CDK gives to the function that empties the default security group. */
const EMPTYING_FUNCTION = 'Custom::VpcRestrictDefaultSGCustomResourceProvider';

/**
 * Gives the function that empties the default security group a log group with a retention period. It takes none as an
 * argument, and Lambda would create one that never expires and that outlives the stack.
 */
function keepLogs(vpc: ec2.Vpc): void {
  const handler = Stack.of(vpc).node.findChild(EMPTYING_FUNCTION).node.findChild('Handler') as CfnResource;
  const { logGroupName } = new logs.LogGroup(vpc, 'RestrictDefaultSecurityGroupLogs', {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  handler.addPropertyOverride('LoggingConfig', { LogGroup: logGroupName });
}

/** Addresses the zone of a subnet by its id, and gives its resources logical ids such as `VpcPublicAz1Subnet`. */
function placeInZone(subnet: ec2.ISubnet, vpcId: string): void {
  const kind = subnet.node.id.replace(/Subnet\d+$/, '');
  const zone = subnet.availabilityZone.replace(/^use1-az/, 'Az');
  for (const child of subnet.node.findAll()) {
    if (CfnElement.isCfnElement(child)) child.overrideLogicalId(`${vpcId}${kind}${zone}${child.node.id}`);
    if (child instanceof ec2.CfnSubnet) {
      child.availabilityZone = undefined;
      child.availabilityZoneId = subnet.availabilityZone;
    }
  }
  Tags.of(subnet).add('Name', `${subnet.node.scope?.node.path}/${kind} ${subnet.availabilityZone}`);
}
