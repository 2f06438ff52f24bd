import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { CLIENT_DISK_GIB, CLIENT_INSTANCE_TYPE } from '../../stack-sizes';
import type { KafkaCluster } from '../kafka-cluster';

/** Timeout for the boot, which takes about three minutes. */
const BOOT_TIMEOUT = Duration.minutes(15);

/** Script that the machine runs at its first start. It is a file of its own for shellcheck and the tests. */
export const BOOT_SCRIPT = join(__dirname, 'boot.sh');

/** Properties of a {@link KafkaClient}. */
export interface KafkaClientProps {
  /** Prefix of the topics that the commands show. */
  readonly userId: string;
  /** Name of the key pair. Only Parameter Store has its private key. */
  readonly keyPairName: string;
  /** Address ranges that may use SSH. Session Manager needs none. */
  readonly sshCidrs: readonly string[];
  readonly vpc: ec2.IVpc;
  /** Public subnets, because packages are downloaded from the internet. */
  readonly subnets: ec2.SubnetSelection;
  readonly cluster: KafkaCluster;
}

/**
 * A small machine with the Kafka tools. They sign in to the cluster with the machine's role, so that `topics`,
 * `tail-topic pin`, `offsets` and `kafka-topics.sh` work at the first login.
 *
 * It stores nothing of value. A change to its boot script or a newer machine image replaces it.
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
      // Not requireImdsv2, which creates a launch template with the same name for every user of the account.
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
    // The subnet determines the zone. The CDK would write the id of the zone as its name.
    this.instance.instance.availabilityZone = undefined;
    // If the boot fails, the deployment fails.
    userData.addSignalOnExitCommand(this.instance);
    this.instance.connections.allowToAnyIpv4(ec2.Port.HTTPS, 'Packages, Session Manager');
    for (const range of sshCidrs) {
      this.instance.connections.allowFrom(ec2.Peer.ipv4(range), ec2.Port.SSH, 'SSH');
    }
    cluster.grantConsume(this.instance);

    Validations.of(this.instance).acknowledge(
      {
        id: 'AwsSolutions-EC28',
        reason: 'Nothing depends on this machine, so detailed monitoring is not worth its price.',
      },
      { id: 'AwsSolutions-EC29', reason: 'The machine stores nothing, and is replaced on purpose.' },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
        reason: 'AWS defines what Session Manager needs, and changes it with the agent.',
      },
    );
  }
}
