import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { EmitterVariables } from '../../lambda/shared/environment';
import type { ExistingDatabaseConfig } from '../config';
import { PLACEHOLDER_USER } from '../names';
import { FunctionRole } from './function-role';
import type { PipelineFunction } from './pipeline-function';
import type { SourceDatabase } from './source-database';

/** Properties of an {@link ExistingDatabase}. */
export interface ExistingDatabaseProps {
  readonly database: ExistingDatabaseConfig;
  /** The pipeline's VPC. */
  readonly vpc: ec2.IVpc;
  /** Subnets of the functions that read the database. */
  readonly readerSubnets: ec2.SubnetSelection;
}

/** A database that exists already: a secret for its credentials, and the network path to it. */
export class ExistingDatabase extends Construct implements SourceDatabase {
  readonly secret: secretsmanager.Secret;
  private readonly server: ec2.IConnectable;

  constructor(scope: Construct, id: string, { database, vpc, readerSubnets }: ExistingDatabaseProps) {
    super(scope, id);
    const { host, port, name, reach } = database;

    this.secret = new secretsmanager.Secret(this, 'Login', {
      description: 'Database credentials. npm run put-credentials stores user name and password here.',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({
          host,
          port,
          dbname: name,
          username: PLACEHOLDER_USER,
        }),
        generateStringKey: 'password',
      },
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Only the owner of the database can rotate its password.',
    });

    const defaultPort = ec2.Port.tcp(port);
    if (reach.via === 'internet') {
      this.server = { connections: new ec2.Connections({ peer: ec2.Peer.anyIpv4(), defaultPort }) };
      return;
    }

    const peering = new ec2.CfnVPCPeeringConnection(this, 'Peering', {
      vpcId: vpc.vpcId,
      peerVpcId: reach.vpcId,
    });
    vpc.selectSubnets(readerSubnets).subnets.forEach((subnet, index) => {
      new ec2.CfnRoute(this, `RouteThere${index + 1}`, {
        routeTableId: subnet.routeTable.routeTableId,
        destinationCidrBlock: reach.cidr,
        vpcPeeringConnectionId: peering.ref,
      });
    });
    reach.routeTableIds.forEach((routeTableId, index) => {
      new ec2.CfnRoute(this, `RouteBack${index + 1}`, {
        routeTableId,
        destinationCidrBlock: vpc.vpcCidrBlock,
        vpcPeeringConnectionId: peering.ref,
      });
    });
    this.resolvePrivately(peering);
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(this, 'Server', reach.securityGroupId);
    this.server = { connections: new ec2.Connections({ securityGroups: [securityGroup], defaultPort }) };
  }

  grantRead(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this.server, 'Database');
    this.secret.grantRead(fn);
    fn.addVariables<EmitterVariables>({ DATABASE_SECRET_ARN: this.secret.secretArn });
  }

  grantTunnel(): void {}

  widgets(): cloudwatch.IWidget[] {
    return [];
  }

  /**
   * Makes the host name of a publicly accessible database resolve to its private address. Without it the functions get the
   * public address, which they have no route to. CloudFormation has no property for it:
   * https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html
   */
  private resolvePrivately(peering: ec2.CfnVPCPeeringConnection): void {
    const logGroup = new logs.LogGroup(this, 'PeeringDnsLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const arn = (resource: string, resourceName: string): string =>
      Stack.of(this).formatArn({ service: 'ec2', resource, resourceName });
    new cr.AwsCustomResource(this, 'PeeringDns', {
      onUpdate: {
        service: 'EC2',
        action: 'ModifyVpcPeeringConnectionOptions',
        parameters: {
          VpcPeeringConnectionId: peering.ref,
          // The accepter is the VPC of the database.
          AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: true },
        },
        // The answer has nothing that the stack needs.
        outputPaths: ['AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc'],
        physicalResourceId: cr.PhysicalResourceId.of(peering.ref),
      },
      policy: cr.AwsCustomResourcePolicy.fromStatements([
        new iam.PolicyStatement({
          actions: ['ec2:ModifyVpcPeeringConnectionOptions'],
          resources: [arn('vpc-peering-connection', peering.ref)],
        }),
      ]),
      installLatestAwsSdk: false,
      logGroup,
      role: new FunctionRole(this, 'PeeringDnsRole', { logGroup, inVpc: false }),
    });
  }
}
