import { jsonMembers, jsonString } from './json-members';
import type { Column } from './ports';
import { ABSENT, NULL, type Value } from './value';

/**
 * The values of a record in the order of the table's columns, then the members that the table has no column for.
 *
 * A record that is no JSON object has none of the columns.
 *
 * @param json the record's value; `undefined` for a record without one
 */
export function recordValues(json: string | undefined, columns: readonly Column[]): Value[] {
  try {
    return valuesIn(jsonMembers(json ?? ''), columns);
  } catch (error) {
    if (error instanceof SyntaxError)
      return [...columns.map(() => ABSENT), { kind: 'json', text: json ?? '' }];
    throw error;
  }
}

function valuesIn(members: Map<string, string>, columns: readonly Column[]): Value[] {
  const values = columns.map(({ name, form }) => {
    const source = members.get(name);
    members.delete(name);
    return source === undefined ? ABSENT : parsedValue(source, form);
  });
  for (const [name, source] of members)
    values.push({ kind: 'json', text: `${JSON.stringify(name)}:${source}` });
  return values;
}

function parsedValue(source: string, form: Column['form']): Value {
  if (form === 'json') return { kind: 'json', text: source };
  switch (source[0]) {
    case '"':
      return form === 'bytes' ? bytesIn(jsonString(source)) : { kind: 'string', text: jsonString(source) };
    case 'n':
      return NULL;
    case '{':
    case '[':
    case 't':
    case 'f':
      return { kind: 'json', text: source };
    default:
      return { kind: 'number', text: source };
  }
}

/** The bytes of base64 that is written in the one right way; any other text is no bytes. */
function bytesIn(base64: string): Value {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64
    ? { kind: 'bytes', text: bytes.toString('hex').toUpperCase() }
    : { kind: 'string', text: base64 };
}
