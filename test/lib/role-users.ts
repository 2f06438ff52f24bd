import type { CfnResource, CfnTemplate, Synthesized } from './synthesize';

/**
 * Finds resources that CloudFormation may create before a policy of the role that they use: `<stack>: <resource> without
 * <policy>`. Such a resource is denied what it does at once.
 */
export const usersWithoutPolicies = ({ templates }: Synthesized): string[] =>
  Object.entries(templates).flatMap(([stack, template]) =>
    missingIn(template).map(([user, policy]) => `${stack}: ${user} without ${policy}`),
  );

function missingIn({ Resources }: CfnTemplate): [user: string, policy: string][] {
  const entries = Object.entries(Resources);
  const policies = entries.filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
  const users = entries.flatMap(([id, resource]) =>
    rolesOf(resource).map((role) => [id, role] as [string, string]),
  );
  // An instance uses the role of its profile, and a custom resource that of the function that it calls.
  const between = users.filter(([id]) => isBetween(Resources[id] as CfnResource));
  for (const [user, role] of between) {
    for (const [id, { Properties = {} }] of entries) {
      const { IamInstanceProfile, ServiceToken } = Properties;
      if (namesIn([IamInstanceProfile, ServiceToken]).has(user)) users.push([id, role]);
    }
  }
  return users
    .filter((user) => !between.includes(user))
    .flatMap(([id, role]) => {
      const before = predecessorsOf(id, Resources);
      return (
        policies
          .filter(([, { Properties }]) => namesIn(Properties.Roles).has(role))
          .filter(([policy]) => !before.has(policy))
          // A policy about the resource itself cannot be there before it.
          .filter(([policy]) => !predecessorsOf(policy, Resources).has(id))
          .map(([policy]): [string, string] => [id, policy])
      );
    });
}

/** Says whether a resource only hands its role on. Lambda uses the role of a function at its creation only in a VPC. */
const isBetween = ({ Type, Properties }: CfnResource): boolean =>
  Type === 'AWS::IAM::InstanceProfile' ||
  (Type === 'AWS::Lambda::Function' && Properties.VpcConfig === undefined);

/** Roles that a resource takes as `Role`, `RoleArn`, `DeliverLogsPermissionArn` and the like. */
function rolesOf({ Type, Properties }: CfnResource): string[] {
  if (Type === 'AWS::IAM::Policy' || Properties === undefined) return [];
  const found: string[] = [];
  const search = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (/^(Role|RoleArn|Roles|DeliverLogsPermissionArn)$/.test(name)) found.push(...namesIn(inner));
      else search(inner);
    }
  };
  search(Properties);
  return found;
}

/** Everything that CloudFormation creates before a resource. */
function predecessorsOf(
  id: string,
  resources: CfnTemplate['Resources'],
  known = new Set<string>(),
): Set<string> {
  const { DependsOn = [], Properties } = resources[id] ?? {};
  for (const name of [...[DependsOn].flat(), ...namesIn(Properties)]) {
    if (known.has(name) || !(name in resources)) continue;
    known.add(name);
    predecessorsOf(name, resources, known);
  }
  return known;
}

/** Logical ids that a value refers to. */
function namesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    for (const [, name = ''] of value.matchAll(/\$\{([A-Za-z0-9]+)[.}]/g)) names.add(name);
  } else if (typeof value === 'object' && value !== null) {
    const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: string[] };
    if (Ref !== undefined) names.add(Ref);
    if (attribute?.[0] !== undefined) names.add(attribute[0]);
    for (const inner of Object.values(value)) namesIn(inner, names);
  }
  return names;
}
