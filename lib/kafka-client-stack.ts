import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { KafkaClient } from './constructs/kafka-client/kafka-client';
import type { KafkaCluster } from './constructs/kafka-cluster';
import { OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/** Properties of the {@link KafkaClientStack}. */
export interface KafkaClientStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
  readonly cluster: KafkaCluster;
}

/** A machine for reading the topics, and the key pair for SSH to it. */
export class KafkaClientStack extends Stack {
  readonly client: ec2.IConnectable;

  constructor(scope: Construct, id: string, { config, network, cluster, ...props }: KafkaClientStackProps) {
    super(scope, id, {
      description:
        'Kafka client. Removal deletes the machine and its disk; nothing of the pipeline is kept there.',
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

    this.client = instance;

    new CfnOutput(this, OUTPUTS.KafkaClient.instanceId, { value: instance.instanceId });
    new CfnOutput(this, OUTPUTS.KafkaClient.keyPairName, { value: keyPair.keyPairName });
    new CfnOutput(this, OUTPUTS.KafkaClient.keyPairParameter, {
      value: keyPair.privateKey.parameterName,
      description: 'The SecureString that holds the private key',
    });
  }
}
