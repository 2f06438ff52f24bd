import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Pair,
  parse,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** The fields of a `db_creds.yaml`, with their names in lower case, and what is wrong with the file. */
export interface CredentialsFields {
  /** Texts as they stand in the file; what is no text as it is. `undefined` when the file holds no fields. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Sentences without the full stop. None of them has a value in it. */
  readonly problems: readonly string[];
}

/** The fields whose characters matter. */
const TEXTS: ReadonlySet<string> = new Set(['host', 'user', 'password', 'database']);

const KNOWN: ReadonlySet<string> = new Set([...TEXTS, 'port']);

/** A field at the beginning of a line, such as one that YAML cannot read. */
const FIELD = /^\s*["']?(\w+)["']?\s*:(.?)/;

/**
 * Reads the fields of a `db_creds.yaml`.
 *
 * YAML turns much that may be a password into something else: a number, a comment, a reference. A value that would not
 * be, character by character, what stands in the file is a problem, and never a value.
 */
export function readCredentialsFields(text: string): CredentialsFields {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, keepSourceTokens: true });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const error = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (error?.code === 'MULTIPLE_DOCS') {
    return { fields: undefined, problems: [`Line ${lineAt(error.pos[0])}: a second document begins there`] };
  }
  if (error !== undefined) {
    return { fields: undefined, problems: [unreadable(text, lineAt(error.pos[0]), error.code)] };
  }
  const root = document.contents;
  if (!isMap(root)) return { fields: undefined, problems: [] };

  const fields: Record<string, unknown> = {};
  const problems: string[] = [];
  const found = new Map<string, number>();
  for (const pair of (root as YAMLMap).items) {
    const field = fieldOf(pair);
    if (field === undefined || !KNOWN.has(field.name)) continue;
    const line = lineAt(field.offset);
    const first = found.get(field.name);
    if (first !== undefined) {
      problems.push(`${field.written} appears twice, on lines ${first} and ${line}`);
      continue;
    }
    found.set(field.name, line);
    const why = TEXTS.has(field.name) ? misread(pair.value, field.name, root.flow === true) : undefined;
    if (why !== undefined) problems.push(quote(line, field.written, why));
    fields[field.name] = fieldValue(pair.value);
  }
  return { fields, problems };
}

function fieldOf({ key }: Pair): { name: string; written: string; offset: number } | undefined {
  if (!isScalar(key) || typeof key.value !== 'string') return undefined;
  return { name: key.value.toLowerCase(), written: key.value, offset: key.range?.[0] ?? 0 };
}

function fieldValue(node: unknown): unknown {
  if (!isScalar(node)) return node;
  // Digits as a number, for the port: YAML would also take 0123 and 1e3 for one.
  if (isPlain(node))
    return /^[1-9]\d*$/.test(node.source ?? '') ? Number(node.source) : (node.source ?? null);
  return node.value;
}

const isPlain = ({ type }: Scalar): boolean => type === 'PLAIN';

const quote = (line: number, name: string, why: string): string =>
  `Line ${line}: put the value of ${name} in quotes, ${name}: "…" with a backslash before each " and \\ in it: ${why}`;

/** Says why YAML's value may not be the characters in the file; `undefined` when it is. */
function misread(node: unknown, name: string, inBraces: boolean): string | undefined {
  if (isAlias(node)) return 'a * at its beginning stands for a reference';
  // A mapping or list over several lines is no value that somebody forgot to quote.
  if (isCollection(node)) return node.flow ? 'a { or [ at its beginning stands for a list' : undefined;
  if (!isScalar(node)) return EMPTY;
  if (node.tag !== undefined) return 'a ! at its beginning stands for a type';
  if (node.anchor !== undefined) return 'a & at its beginning stands for a name';
  const token = node.srcToken;
  if (token === undefined || !('source' in token) || token.source === '') return EMPTY;
  if (/[\r\n]/.test(token.source) || node.type?.startsWith('BLOCK')) return 'it is longer than a line';
  if (node.type === 'QUOTE_DOUBLE') {
    return /^"(?:[^\\]|\\(?:["\\]|x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}))*"$/i.test(token.source)
      ? undefined
      : 'after a backslash another character would be read';
  }
  if (!isPlain(node)) return undefined;
  if (inBraces) return 'between braces a comma ends it';
  const end = 'end' in token ? (token.end ?? []) : [];
  if (end.some(({ type }) => type === 'comment')) return 'a # after a space begins a comment';
  if (name === 'password' && end.some(({ type }) => type === 'space'))
    return 'spaces at its end would be lost';
  return isText(token.source) ? undefined : 'it can be read as a number, a date, yes, no or nothing';
}

const EMPTY = 'there is nothing, or a # that begins a comment';

/** Whether the old and the new YAML both take it for text. */
function isText(source: string): boolean {
  try {
    return (['1.1', '1.2'] as const).every(
      (version) => parse(source, { version, logLevel: 'silent' }) === source,
    );
  } catch {
    return false;
  }
}

const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? '';

/** Describes a text that is not YAML. The parser's own message quotes the text, so only its code is used. */
function unreadable(text: string, lineOfError: number, code: string): string {
  const lines = text.split(/\r\n?|\n/);
  const places = lines.flatMap((content, index) => {
    const [, name = '', next = ''] = FIELD.exec(content) ?? [];
    return KNOWN.has(name.toLowerCase()) ? [{ content, line: index + 1, name, next }] : [];
  });
  // An open quote is found at the end of the file only.
  const byItself = places.find(({ content }) => parseDocument(content.trim()).errors.length > 0);
  const [first = ''] = places.map(({ content }) => indentOf(content));
  const shifted = places.find(({ content }) => /\t/.test(indentOf(content)) || indentOf(content) !== first);
  if (byItself === undefined && shifted !== undefined)
    return `Line ${shifted.line}: begin every field in the same column, ${shifted.name}, too, and without a tab before it`;
  const wrong = byItself ?? places.find(({ line }) => line === lineOfError);
  if (wrong === undefined) return `Line ${lineOfError} cannot be read as YAML (${code})`;
  return /\S/.test(wrong.next)
    ? `Line ${wrong.line}: put a space after "${wrong.name}:"`
    : quote(wrong.line, wrong.name, 'some characters in it have a meaning of their own in YAML');
}
