import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { CLIENT_DISK_GIB, CLIENT_INSTANCE_TYPE } from '../../stack-sizes';
import type { KafkaCluster } from '../kafka-cluster';

/** Longest time from the machine's start to working Kafka commands; a boot takes about three minutes. */
const BOOT_TIMEOUT = Duration.minutes(15);

/** What the machine runs at its first start; a script of its own, so that a linter and a test can take hold of it. */
export const BOOT_SCRIPT = join(__dirname, 'boot.sh');

/** Properties of a {@link KafkaClient}. */
export interface KafkaClientProps {
  /** Whose topics the commands show. */
  readonly userId: string;
  /** Name of the key pair; its private key is kept in Parameter Store only. */
  readonly keyPairName: string;
  /** Address ranges that may use SSH; Session Manager needs none. */
  readonly sshCidrs: readonly string[];
  readonly vpc: ec2.IVpc;
  /** Public subnets: packages come from the internet. */
  readonly subnets: ec2.SubnetSelection;
  readonly cluster: KafkaCluster;
}

/**
 * A small machine with Kafka's own tools, signed in to the cluster by its role: `topics`, `tail-topic pin`,
 * `offsets` and `kafka-topics.sh` work at the first login.
 *
 * It holds nothing that matters: a change to its boot script, or a newer machine image, replaces it.
 */
export class KafkaClient extends Construct {
  readonly keyPair: ec2.KeyPair;
  readonly instance: ec2.Instance;

  constructor(scope: Construct, id: string, props: KafkaClientProps) {
    super(scope, id);
    const { userId, keyPairName, sshCidrs, vpc, subnets, cluster } = props;

    this.keyPair = new ec2.KeyPair(this, 'KeyPair', { keyPairName, type: ec2.KeyPairType.ED25519 });

    const userData = ec2.UserData.forLinux();
    userData.addCommands(
      `export USER_ID='${userId}' BOOTSTRAP='${cluster.bootstrapServers}'`,
      readFileSync(BOOT_SCRIPT, 'utf8'),
    );

    this.instance = new ec2.Instance(this, 'Instance', {
      vpc,
      vpcSubnets: subnets,
      associatePublicIpAddress: true,
      allowAllOutbound: false,
      instanceType: new ec2.InstanceType(CLIENT_INSTANCE_TYPE),
      machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
      keyPair: this.keyPair,
      // Not requireImdsv2: that takes a launch template, by a name that is the same for every user of the account.
      httpTokens: ec2.HttpTokens.REQUIRED,
      ssmSessionPermissions: true,
      blockDevices: [
        { deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(CLIENT_DISK_GIB, { encrypted: true }) },
      ],
      userData,
      propagateTagsToVolumeOnCreation: true,
      userDataCausesReplacement: true,
      resourceSignalTimeout: BOOT_TIMEOUT,
    });
    // A boot that fails, fails the deployment.
    userData.addSignalOnExitCommand(this.instance);
    this.instance.connections.allowToAnyIpv4(ec2.Port.HTTPS, 'Packages, Session Manager');
    for (const range of sshCidrs) {
      this.instance.connections.allowFrom(ec2.Peer.ipv4(range), ec2.Port.SSH, 'SSH');
    }
    cluster.grantConsume(this.instance);

    Validations.of(this.instance).acknowledge(
      {
        id: 'AwsSolutions-EC28',
        reason: 'Detailed monitoring is not worth its price for a machine that nothing depends on.',
      },
      { id: 'CloudFormation-Validate::W3010', reason: 'The zones are configuration.' },
      { id: 'AwsSolutions-EC29', reason: 'The machine holds nothing, and is replaced by intent.' },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
        reason: 'What Session Manager needs is AWS’s to define, and changes with its agent.',
      },
    );
  }
}
