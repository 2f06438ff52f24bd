import type { CfnTemplate } from './synthesize';

/** Transactional ids and consumer groups of all possible shards of the user `ada`. */
export const EMITTERS = ['ada.emitter', ...[1, 2, 3, 4, 5, 6, 7].map((shard) => `ada.emitter.${shard}`)];

/** Permissions of a role in Kafka: actions without their prefix, and resources as `kind/name`, both in alphabetical order. */
export type KafkaStatement = [actions: string[], resources: string[]];

/** Returns the Kafka statements of the role whose id begins with `role`. */
export const kafkaStatements = ({ Resources }: CfnTemplate, role: string): KafkaStatement[] =>
  Object.entries(Resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().every((action) => action.startsWith('kafka-cluster:')))
    .map(({ Action, Resource }) => [
      [Action].flat().map((action) => action.replace('kafka-cluster:', '')),
      [Resource].flat().map(resourceName).sort(),
    ]);

/** Returns `topic/ada.pin` for an ARN that is joined from parts, and `cluster` for the cluster's own, which is one reference. */
function resourceName(arn: unknown): string {
  const [, kind, name] = /:(topic|group|transactional-id)\/.*"\/([\w.-]+)"/.exec(JSON.stringify(arn)) ?? [];
  return kind === undefined ? 'cluster' : `${kind}/${name}`;
}
