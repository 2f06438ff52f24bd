import type { CfnTemplate, Synthesized } from './synthesize';

/** Statement of a policy, with its resources resolved as far as a template allows. */
export interface PolicyStatement {
  readonly stack: string;
  readonly actions: readonly string[];
  /** ARNs with `x` for what only AWS knows, or `*`. */
  readonly resources: readonly string[];
}

/** ARNs of resources, by CloudFormation type, with `x` for their names. */
const ARNS: Readonly<Record<string, string>> = {
  'AWS::MSK::Cluster': 'arn:aws:kafka:us-east-1:x:cluster/x/x',
  'AWS::Lambda::Function': 'arn:aws:lambda:us-east-1:x:function:x',
  'AWS::Logs::LogGroup': 'arn:aws:logs:us-east-1:x:log-group:x:*',
  'AWS::SQS::Queue': 'arn:aws:sqs:us-east-1:x:x',
  'AWS::SNS::Topic': 'arn:aws:sns:us-east-1:x:x',
  'AWS::SecretsManager::Secret': 'arn:aws:secretsmanager:us-east-1:x:secret:x',
  'AWS::SecretsManager::SecretTargetAttachment': 'arn:aws:secretsmanager:us-east-1:x:secret:x',
};

/** Types whose `Ref` is their ARN. */
const REF_IS_ARN = /^AWS::(SNS::Topic|SecretsManager::\w+)$/;

/** Returns the statements of all roles and resource policies that allow something. */
export function policyStatements({ templates }: Synthesized): PolicyStatement[] {
  const exported = exportsOf(Object.values(templates));
  return Object.entries(templates).flatMap(([stack, template]) =>
    documentsIn(template)
      .flatMap(({ Statement }) => Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Action, Resource = [] }) => ({
        stack,
        actions: [Action].flat(),
        resources: [Resource].flat().map((value) => resolve(value, template, exported)),
      })),
  );
}

interface Document {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource?: unknown;
  }[];
}

const documentsIn = ({ Resources }: CfnTemplate): Document[] =>
  Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    const { PolicyDocument, ResourcePolicy, Policies = [] } = Properties;
    return [
      ...(/Policy$/.test(Type) ? [PolicyDocument ?? ResourcePolicy] : []),
      ...(Type === 'AWS::IAM::Role'
        ? Policies.map(({ PolicyDocument: inline }: { PolicyDocument: Document }) => inline)
        : []),
    ];
  });

interface Exported {
  readonly template: CfnTemplate;
  readonly value: unknown;
}

/** Maps the name of each export to its value. */
const exportsOf = (templates: readonly CfnTemplate[]): ReadonlyMap<string, Exported> =>
  new Map(
    templates.flatMap((template) =>
      Object.values(
        (template.Outputs ?? {}) as Record<string, { Value: unknown; Export?: { Name: string } }>,
      ).flatMap(({ Value, Export }): [string, Exported][] =>
        Export === undefined ? [] : [[Export.Name, { template, value: Value }]],
      ),
    ),
  );

function resolve(value: unknown, template: CfnTemplate, exported: ReadonlyMap<string, Exported>): string {
  if (typeof value === 'string') return value;
  const intrinsic = value as {
    Ref?: string;
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
    'Fn::ImportValue'?: string;
  };
  const typeOf = (id: string): string => template.Resources[id]?.Type ?? '';
  if (intrinsic.Ref !== undefined) {
    const type = typeOf(intrinsic.Ref);
    return (REF_IS_ARN.test(type) && ARNS[type]) || 'x';
  }
  const [id, attribute] = intrinsic['Fn::GetAtt'] ?? [];
  if (id !== undefined) return (attribute === 'Arn' && ARNS[typeOf(id)]) || 'x';
  const [separator = '', parts] = intrinsic['Fn::Join'] ?? [];
  if (parts !== undefined) return parts.map((part) => resolve(part, template, exported)).join(separator);
  const imported = exported.get(intrinsic['Fn::ImportValue'] ?? '');
  return imported === undefined ? 'x' : resolve(imported.value, imported.template, exported);
}
