import type { CfnTemplate } from './synthesize';

/** Transactional ids and groups of every shard that there may be, for the user `ada`. */
export const EMITTERS = ['ada.emitter', ...[1, 2, 3, 4, 5, 6, 7].map((shard) => `ada.emitter.${shard}`)];

/** What a role may do in Kafka: actions without their prefix, and resources as `kind/name`, each in the order of the alphabet. */
export type KafkaStatement = [actions: string[], resources: string[]];

/** The statements about Kafka of the role whose id begins with `role`. */
export const kafkaStatements = ({ Resources }: CfnTemplate, role: string): KafkaStatement[] =>
  Object.entries(Resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().every((action) => action.startsWith('kafka-cluster:')))
    .map(({ Action, Resource }) => [
      [Action].flat().map((action) => action.replace('kafka-cluster:', '')),
      [Resource].flat().map(resourceName).sort(),
    ]);

/** `topic/ada.pin` of an ARN that is put together from parts; the cluster's own is a reference as a whole. */
function resourceName(arn: unknown): string {
  const [, kind, name] = /:(topic|group|transactional-id)\/.*"\/([\w.-]+)"/.exec(JSON.stringify(arn)) ?? [];
  return kind === undefined ? 'cluster' : `${kind}/${name}`;
}
