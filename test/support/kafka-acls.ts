import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from 'kafkajs';
import type { KafkaStatement } from '../lib/kafka-statements';
import { testKafka, withAdmin } from './servers';

const { CLUSTER, GROUP, TOPIC, TRANSACTIONAL_ID } = AclResourceTypes;

/**
 * What an action of MSK's IAM is as an ACL of Kafka: resource and operation. The actions are those of
 * https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html, the operations those of
 * https://kafka.apache.org/39/documentation.html#operations_resources_and_protocols. To connect takes no ACL.
 */
const ACLS = {
  Connect: undefined,
  WriteDataIdempotently: [CLUSTER, AclOperationTypes.IDEMPOTENT_WRITE],
  DescribeTopic: [TOPIC, AclOperationTypes.DESCRIBE],
  DescribeTopicDynamicConfiguration: [TOPIC, AclOperationTypes.DESCRIBE_CONFIGS],
  ReadData: [TOPIC, AclOperationTypes.READ],
  WriteData: [TOPIC, AclOperationTypes.WRITE],
  DescribeGroup: [GROUP, AclOperationTypes.DESCRIBE],
  AlterGroup: [GROUP, AclOperationTypes.READ],
  DeleteGroup: [GROUP, AclOperationTypes.DELETE],
  DescribeTransactionalId: [TRANSACTIONAL_ID, AclOperationTypes.DESCRIBE],
  AlterTransactionalId: [TRANSACTIONAL_ID, AclOperationTypes.WRITE],
} as const satisfies Record<string, readonly [AclResourceTypes, AclOperationTypes] | undefined>;

/** An action of MSK's IAM that a role of the pipeline has. */
export type KafkaAction = keyof typeof ACLS;

/**
 * What Kafka grants together with another of the emitter's permissions, and IAM does not: Describe comes with Read or
 * Write, and an idempotent write with a write to any topic. https://kafka.apache.org/39/documentation.html#security_authz
 */
export const IMPLIED_IN_KAFKA: readonly KafkaAction[] = [
  'WriteDataIdempotently',
  'DescribeTopic',
  'DescribeGroup',
  'DescribeTransactionalId',
];

/** The ACLs that statements of a policy are in Kafka, for one principal. */
export const aclsOf = (statements: readonly KafkaStatement[], accessKeyId: string): AclEntry[] =>
  statements.flatMap(([actions, resources]) =>
    actions.flatMap((action) => {
      const acl = ACLS[action as KafkaAction];
      if (acl === undefined) return [];
      const [resourceType, operation] = acl;
      return resources.map((resource) => ({
        resourceType,
        resourceName: resourceType === CLUSTER ? 'kafka-cluster' : resource.slice(resource.indexOf('/') + 1),
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${accessKeyId}`,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      }));
    }),
  );

/** Gives a principal these ACLs and no others. */
export async function setAcls(
  bootstrapServers: string[],
  accessKeyId: string,
  acl: readonly AclEntry[],
): Promise<void> {
  await withAdmin(async (admin) => {
    await admin.deleteAcls({
      filters: [
        {
          resourceType: AclResourceTypes.ANY,
          resourcePatternType: ResourcePatternTypes.ANY,
          principal: `User:${accessKeyId}`,
          operation: AclOperationTypes.ANY,
          permissionType: AclPermissionTypes.ANY,
        },
      ],
    });
    await admin.createAcls({ acl: [...acl] });
  }, testKafka(bootstrapServers));
}
