#!/usr/bin/env node
import { App, Aspects, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ArmFunctions } from '../lib/arm-functions';
import { ConfigError, readConfig } from '../lib/config';
import { EmitterStack } from '../lib/emitter-stack';
import { KafkaClientStack } from '../lib/kafka-client-stack';
import { KafkaClusterStack } from '../lib/kafka-cluster-stack';
import { nameOf, type StackId } from '../lib/names';
import { NetworkStack } from '../lib/network-stack';
import { RdsAccessStack } from '../lib/rds-access-stack';

/**
 * The pipeline: a database, an emitter that copies its tables into Kafka, and a client machine for reading the topics.
 *
 *     RdsAccess ──► Emitter ──► KafkaCluster ◄── KafkaClient        all of them in Network
 *
 * @throws ConfigError if the context has a wrong configuration; see {@link readConfig}.
 */
export function pinterestDataPipeline(app: App): void {
  const config = readConfig(app.node.getAllContext());
  const stack = (id: StackId) => ({
    stackName: nameOf(config.userId, id),
    config,
    // No account: the CLI deploys to the one that it is signed in to.
    env: { region: config.region },
    // CloudFormation copies the tags of a stack to its resources.
    tags: { ...config.tags, Pipeline: 'pinterest-data-pipeline', UserId: config.userId },
  });

  const network = new NetworkStack(app, 'Network', stack('Network'));

  const { cluster } = new KafkaClusterStack(app, 'KafkaCluster', { ...stack('KafkaCluster'), network });

  const { database } = new RdsAccessStack(app, 'RdsAccess', { ...stack('RdsAccess'), network });

  const emitter = new EmitterStack(app, 'Emitter', { ...stack('Emitter'), network, database, cluster });

  const client = new KafkaClientStack(app, 'KafkaClient', {
    ...stack('KafkaClient'),
    network,
    cluster,
    database,
  });
  // Last, so that a boot that fails stops nothing.
  client.addStackDependency(emitter);

  Aspects.of(app).add(new ArmFunctions());
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

if (require.main === module) {
  try {
    pinterestDataPipeline(new App());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
