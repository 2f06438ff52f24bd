import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { KafkaClient } from './constructs/kafka-client/kafka-client';
import type { KafkaCluster } from './constructs/kafka-cluster';
import type { SourceDatabase } from './constructs/source-database';
import { OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/** Properties of the {@link KafkaClientStack}. */
export interface KafkaClientStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
  readonly cluster: KafkaCluster;
  /** Database that the machine may tunnel to. */
  readonly database: SourceDatabase;
}

/** A machine for reading the topics, and the key pair for SSH to it. No other stack depends on it. */
export class KafkaClientStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, network, cluster, database, ...props }: KafkaClientStackProps,
  ) {
    super(scope, id, {
      description:
        'Kafka client. Removal deletes the machine and its disk, which hold nothing of the pipeline.',
      ...props,
    });
    const { instance, keyPair } = new KafkaClient(this, 'Client', {
      userId: config.userId,
      keyPairName: config.keyPairName,
      sshCidrs: config.sshCidrs,
      vpc: network.vpc,
      subnets: { subnetType: ec2.SubnetType.PUBLIC },
      cluster,
    });

    database.grantTunnel(instance);

    new CfnOutput(this, OUTPUTS.KafkaClient.instanceId, { value: instance.instanceId });
    new CfnOutput(this, OUTPUTS.KafkaClient.keyPairName, { value: keyPair.keyPairName });
    new CfnOutput(this, OUTPUTS.KafkaClient.keyPairParameter, {
      value: keyPair.privateKey.parameterName,
      description: 'SecureString with the private key',
    });
  }
}
