import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { pipelineSchema } from '../../lib/config-schema';

/** A JSON schema, reduced to the parts that this test reads. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly default?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A field of the configuration with a value, not an object. */
interface Field {
  readonly path: string;
  /** The default as JSON; `none` if the field may be left out, `required` if not. */
  readonly fallback: string;
  /** Values that the column "allowed" must name. */
  readonly allowed: readonly (string | number)[];
}

/** Defaults that are computed from another field. */
const COMPUTED: Readonly<Record<string, string>> = { keyPairName: '`<userId>-key-pair`' };

const schema = z.toJSONSchema(pipelineSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
const fields = fieldsOf(schema);

const readme = readFileSync(join(__dirname, '../../lib/README.md'), 'utf8');
const [, section = ''] = readme.split(/^## Configuration$/m);
const [table = ''] = section.split(/^#{2,3} /m);
const rows = new Map(
  [...table.matchAll(/^\| `([\w.]+)` \|(.*)\|$/gm)].map(([, path = '', cells = '']) => {
    const [meaning, fallback, allowed] = cells.split('|').map((cell) => cell.trim());
    return [path, { meaning, fallback, allowed: allowed?.replaceAll(',', '') }];
  }),
);

describe('the table of the configuration in lib/README.md', () => {
  test('has every field, and no others', () => {
    expect([...rows.keys()]).toEqual(fields.map(({ path }) => path));
  });

  test.each(fields)('describes $path: meaning, default, allowed values', (field) => {
    const row = rows.get(field.path);

    expect(row?.meaning).toMatch(/\w/);
    expect(row?.fallback).toBe(COMPUTED[field.path] ?? field.fallback);
    for (const value of field.allowed) expect(row?.allowed).toContain(String(value));
  });
});

function fieldsOf(node: Schema, path = '', given?: unknown): Field[] {
  const found = new Map<string, Field>();
  for (const variant of node.oneOf ?? [node]) {
    for (const [name, child] of Object.entries(variant.properties ?? {})) {
      const fallback = (given as Record<string, unknown> | undefined)?.[name] ?? child.default;
      const required = variant.required?.includes(name) ?? false;
      for (const field of fieldOrFields(child, path + name, fallback, required)) {
        const earlier = found.get(field.path)?.allowed ?? [];
        found.set(field.path, { ...field, allowed: [...earlier, ...field.allowed] });
      }
    }
  }
  return [...found.values()];
}

function fieldOrFields(node: Schema, path: string, fallback: unknown, required: boolean): Field[] {
  if (node.properties ?? node.oneOf) return fieldsOf(node, `${path}.`, fallback);
  const limits = [node.const, node.minimum, node.maximum, ...(node.enum ?? [])];
  return [
    {
      path,
      fallback: fallback === undefined ? (required ? 'required' : 'none') : `\`${JSON.stringify(fallback)}\``,
      // zod gives an integer without a limit the limit of JavaScript.
      allowed: limits.filter((value) => value !== undefined && value !== Number.MAX_SAFE_INTEGER),
    } as Field,
  ];
}
