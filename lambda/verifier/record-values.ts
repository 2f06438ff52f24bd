import { jsonMembers, jsonString } from './json-members';
import type { Column } from './ports';
import { ABSENT, NULL, type Value } from './value';

/**
 * The values of a record in the order of the table's columns, then the members that the table has no column for.
 *
 * A record that is no JSON object has none of the columns.
 */
export function recordValues(json: string | undefined, columns: readonly Column[]): Value[] {
  const members = membersOf(json);
  const values = columns.map(({ name, isJson }) => {
    const source = members.get(name);
    members.delete(name);
    return source === undefined ? ABSENT : parsedValue(source, isJson);
  });
  for (const [name, source] of members)
    values.push({ kind: 'json', text: `${JSON.stringify(name)}:${source}` });
  return values;
}

function membersOf(json: string | undefined): Map<string, string> {
  if (json === undefined) return new Map();
  try {
    return jsonMembers(json);
  } catch {
    return new Map([['', json]]);
  }
}

function parsedValue(source: string, isJson: boolean): Value {
  if (isJson) return { kind: 'json', text: source };
  switch (source[0]) {
    case '"':
      return { kind: 'string', text: jsonString(source) };
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
