import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { STACKS, type StackId } from '../../lib/names';
import { type CfnTemplate, normalized, type Synthesized } from './synthesize';

/** Pointers to the properties of a type whose change replaces the resource, such as `/properties/ClusterName`. */
export type CreateOnly = Readonly<Record<string, readonly string[]>>;

/** Prints the create-only properties of types in cfn-lint's schemas, which are AWS's. */
const PROGRAM = `
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
schemas = {name: PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema for name in sys.argv[1:]}
print(json.dumps({name: schema.get("createOnlyProperties", []) for name, schema in schemas.items()}))
`;

/** Reads the create-only properties of all types in a pipeline, except custom ones. */
export function createOnlyOf(programs: string, pipelines: readonly Synthesized[]): CreateOnly {
  const types = pipelines
    .flatMap(({ templates }) => Object.values(templates))
    .flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type))
    .filter((type) => type.startsWith('AWS::') && type !== 'AWS::CDK::Metadata');
  const args = ['-c', PROGRAM, ...new Set(types)];
  return JSON.parse(execFileSync(join(programs, 'python'), args, { encoding: 'utf8' })) as CreateOnly;
}

/** Resource of any stack, as `<stack>/<logical id>`. */
type Address = `${StackId}/${string}`;

/**
 * Returns the types of the resources that an update replaces or removes: those that are gone, those with another create-only
 * property, and those with a create-only property that refers to a replaced one.
 */
export function replacedTypes(before: Synthesized, after: Synthesized, createOnly: CreateOnly): string[] {
  const old = new Map(STACKS.flatMap((id) => entriesOf(id, normalized(before.templates[id]))));
  const fresh = new Map(STACKS.flatMap((id) => entriesOf(id, normalized(after.templates[id]))));
  const exported = exportsOf(after);
  const replaced = new Set<Address>();
  const hasOtherTags = (id: StackId): boolean =>
    JSON.stringify(before.stacks[id].tags) !== JSON.stringify(after.stacks[id].tags);
  for (let found = -1; found !== replaced.size; ) {
    found = replaced.size;
    for (const [address, { Type, Properties }] of old) {
      const next = fresh.get(address);
      const [stack] = address.split('/') as [StackId];
      const isReplaced =
        next === undefined ||
        (createOnly[Type] ?? []).some((pointer) => {
          // Tags of a stack are those of its resources.
          if (pointer === '/properties/Tags') return hasOtherTags(stack);
          const [had, has] = [valueAt(Properties, pointer), valueAt(next.Properties, pointer)];
          return (
            JSON.stringify(had) !== JSON.stringify(has) ||
            referencesIn(has, stack, exported).some((other) => replaced.has(other))
          );
        });
      if (isReplaced) replaced.add(address);
    }
  }
  return [...new Set([...replaced].map((address) => old.get(address)?.Type ?? ''))].sort();
}

const entriesOf = (id: StackId, { Resources }: CfnTemplate): [Address, CfnTemplate['Resources'][string]][] =>
  Object.entries(Resources).map(([logicalId, resource]) => [`${id}/${logicalId}`, resource]);

const valueAt = (properties: unknown, pointer: string): unknown =>
  pointer
    .replace('/properties/', '')
    .split('/')
    .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], properties);

/** Maps the name of each export to the resource that it comes from. */
const exportsOf = ({ templates }: Synthesized): ReadonlyMap<string, Address[]> =>
  new Map(
    STACKS.flatMap((id) =>
      Object.values(
        (templates[id].Outputs ?? {}) as Record<string, { Value: unknown; Export?: { Name: string } }>,
      ).flatMap(({ Value, Export }): [string, Address[]][] =>
        Export === undefined ? [] : [[Export.Name, referencesIn(Value, id, new Map())]],
      ),
    ),
  );

/** Resources that a value refers to, in its own stack or by an import. */
function referencesIn(value: unknown, stack: StackId, exported: ReadonlyMap<string, Address[]>): Address[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): Address[] => {
    if (name === 'Ref') return [`${stack}/${inner}`];
    if (name === 'Fn::GetAtt') return [`${stack}/${[inner].flat()[0]}`];
    if (name === 'Fn::ImportValue') return exported.get(String(inner)) ?? [];
    return referencesIn(inner, stack, exported);
  });
}
