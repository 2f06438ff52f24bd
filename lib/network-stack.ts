import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { ZonalVpc } from './constructs/zonal-vpc';
import { OUTPUTS } from './names';

/** Properties of the {@link NetworkStack}. */
export interface NetworkStackProps extends StackProps {
  readonly config: PipelineConfig;
}

/**
 * The VPC, and the SNS topic for alarms.
 *
 * The isolated subnets have no route to the internet. There is a NAT gateway only for a database that has to be reached
 * over the internet.
 */
export class NetworkStack extends Stack {
  /** A VPC in three zones, each with a public and an isolated subnet. */
  readonly vpc: ec2.Vpc;
  /** Subnets of the emitter: isolated, or behind the NAT gateway if there is one. */
  readonly emitterSubnets: ec2.SubnetSelection;
  /** Topic that receives every alarm. */
  readonly alarmTopic: sns.ITopic;

  private readonly secretsEndpoint: ec2.IConnectable;

  constructor(scope: Construct, id: string, { config, ...props }: NetworkStackProps) {
    super(scope, id, props);
    const { database } = config;
    const overInternet = database.mode === 'existing' && database.reach.via === 'internet';

    const natAddress = overInternet ? new ec2.CfnEIP(this, 'NatAddress', { domain: 'vpc' }) : undefined;

    this.vpc = new ZonalVpc(this, 'Vpc', {
      cidr: config.vpcCidr,
      zones: config.availabilityZoneIds,
      natGateways: natAddress ? 1 : 0,
      natGatewayProvider: ec2.NatProvider.gateway({
        eipAllocationIds: natAddress ? [natAddress.attrAllocationId] : [],
      }),
      subnets: [
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC },
        { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        ...(natAddress ? [{ name: 'Egress', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } as const] : []),
      ],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
    const refused = this.vpc.addFlowLog('Refused', {
      // Rejected traffic only: it shows what a security group blocks. Logging accepted traffic would not be worth its cost.
      trafficType: ec2.FlowLogTrafficType.REJECT,
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new logs.LogGroup(this, 'FlowLogs', {
          retention: logs.RetentionDays.TWO_WEEKS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
    if (refused.iamRole) refused.node.defaultChild?.node.addDependency(refused.iamRole);

    if (natAddress) {
      this.emitterSubnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
      this.secretsEndpoint = { connections: new ec2.Connections({ peer: ec2.Peer.anyIpv4() }) };
      new CfnOutput(this, OUTPUTS.Network.natAddress, {
        value: natAddress.ref,
        description: 'Source address of the emitter, for the firewall of the database',
      });
    } else {
      this.emitterSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
      this.secretsEndpoint = this.vpc.addInterfaceEndpoint('SecretsManager', {
        service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
        subnets: { subnets: this.vpc.isolatedSubnets.slice(0, config.endpointZones) },
        open: false,
      });
    }

    const alarmTopic = new sns.Topic(this, 'Alarms', { enforceSSL: true });
    alarmTopic.grantPublish(
      new iam.ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    if (config.alarmEmail) alarmTopic.addSubscription(new EmailSubscription(config.alarmEmail));
    this.alarmTopic = alarmTopic;
  }

  /** Allows a function in {@link emitterSubnets} to call Secrets Manager. */
  allowSecretsManager(client: ec2.IConnectable): void {
    client.connections.allowTo(this.secretsEndpoint, ec2.Port.HTTPS, 'Secrets Manager');
  }
}
