import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { MOST_SHARDS } from '../../lambda/shared/environment';
import { emitterIdOf, STREAMS, topicOf, topicsOf, verifierIdOf } from '../../lambda/shared/streams';

/** Properties of {@link KafkaPermissions}. */
export interface KafkaPermissionsProps {
  readonly clusterArn: string;
  readonly clusterName: string;
  /** Prefix of the topics and groups. */
  readonly userId: string;
}

/**
 * IAM permissions in a Kafka cluster, by what their holder does there.
 *
 * Actions: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html. Unlike Kafka's own ACLs, no action
 * implies another one.
 */
export class KafkaPermissions {
  private readonly topicNames: readonly string[];
  private readonly emitterIds: readonly string[];

  constructor(
    private readonly scope: Construct,
    private readonly props: KafkaPermissionsProps,
  ) {
    this.topicNames = topicsOf(props.userId);
    // The ids of every shard that there may ever be, because their number can change at any time.
    this.emitterIds = Array.from({ length: MOST_SHARDS }, (_, shard) => emitterIdOf(props.userId, shard));
  }

  /** Allows a transactional producer for each shard, with its checkpoint in a consumer group of its own. */
  allowEmit(grantee: iam.IGrantable): void {
    const { clusterArn, userId } = this.props;
    const streamTopics = STREAMS.map(({ name }) => topicOf(userId, name));

    allow(grantee, ['Connect', 'WriteDataIdempotently'], [clusterArn]);
    allow(
      grantee,
      ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'WriteData'],
      this.arns('topic', this.topicNames),
    );
    // Kafka lets a client commit offsets only for topics that it may read.
    allow(grantee, ['ReadData'], this.arns('topic', streamTopics));
    allow(
      grantee,
      ['DescribeTransactionalId', 'AlterTransactionalId'],
      this.arns('transactional-id', this.emitterIds),
    );
    allow(grantee, ['DescribeGroup', 'AlterGroup'], this.arns('group', this.emitterIds));
  }

  /**
   * Allows reading the topics in the groups `<UserId>.client` and `<UserId>.client.<topic>`, and reading the emitter's
   * checkpoints, which only the emitter may change.
   */
  allowConsume(grantee: iam.IGrantable): void {
    const { userId } = this.props;
    const group = `${userId}.client`;
    const groups = [group, ...this.topicNames.map((topic) => topic.replace(userId, group))];

    this.allowRead(grantee);
    allow(grantee, ['DescribeGroup', 'AlterGroup'], this.arns('group', groups));
    allow(grantee, ['DescribeGroup'], this.arns('group', this.emitterIds));
  }

  /** Allows reading the topics in the group `<UserId>.verifier`, and deleting that group. */
  allowVerify(grantee: iam.IGrantable): void {
    const group = verifierIdOf(this.props.userId);

    this.allowRead(grantee);
    allow(grantee, ['DescribeGroup', 'AlterGroup', 'DeleteGroup'], this.arns('group', [group]));
  }

  private allowRead(grantee: iam.IGrantable): void {
    allow(grantee, ['Connect'], [this.props.clusterArn]);
    allow(
      grantee,
      ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
      this.arns('topic', this.topicNames),
    );
  }

  /** ARNs of resources in the cluster: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html#msk-iam-resources */
  private arns(resource: 'topic' | 'group' | 'transactional-id', names: readonly string[]): string[] {
    const { clusterArn, clusterName } = this.props;
    const uuid = Fn.select(2, Fn.split('/', clusterArn));
    return names.map((name) =>
      Stack.of(this.scope).formatArn({
        service: 'kafka',
        resource,
        resourceName: `${clusterName}/${uuid}/${name}`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    );
  }
}

function allow(grantee: iam.IGrantable, actions: readonly string[], resources: readonly string[]): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: actions.map((action) => `kafka-cluster:${action}`),
      resources: [...resources],
    }),
  );
}
