/** A word, a name or a sign of a statement; texts, numbers and comments are none. */
interface Token {
  readonly text: string;
  /** Whether it is in quotation marks, so that it is a name and no keyword. */
  readonly isQuoted: boolean;
}

/**
 * The tokens of a statement. What is in double quotes may be a name or a text, which only the session knew; so it counts as
 * a name. What is in executable comments belongs to the statement.
 */
const TOKENS =
  /(\/\*M?!\d*|\*\/|\/\*(?!M?!)[\s\S]*?\*\/|#[^\n]*|--(?=\s|$)[^\n]*|'(?:[^'\\]|\\[\s\S]|'')*')|`((?:[^`]|``)*)`|"((?:[^"\\]|\\[\s\S]|"")*)"|([A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*)|([^\s\w])/g;

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const [, skipped, ticked, quoted, word, sign] of sql.matchAll(TOKENS)) {
    if (skipped !== undefined) continue;
    const name = ticked ?? quoted;
    tokens.push({ text: (name ?? word ?? sign ?? '').toLowerCase(), isQuoted: name !== undefined });
  }
  return tokens;
}

/** A table, by names in lower case. */
interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Statements that end or divide transactions, or are about the server, its users and its indexes, never about rows. */
const HARMLESS = new Set(
  'begin commit rollback savepoint release xa set use grant revoke flush analyze optimize check repair install uninstall'.split(
    ' ',
  ),
);

/** Statements in whose functions and procedures anything may happen. */
const OPAQUE = new Set(['select', 'do', 'call', 'execute', 'with', 'values']);

/** Kinds of objects of CREATE, DROP and ALTER. */
const OBJECTS = new Set(
  'table tables index view trigger procedure function event user role server sequence package database schema tablespace temporary'.split(
    ' ',
  ),
);

/**
 * Whether a statement of the log may have changed rows of a table, or its columns, without row events that show it: DDL,
 * TRUNCATE, or DML that was logged as a statement.
 *
 * @param sql in which every byte is one character
 * @param schema the default database of its session, in lower case
 */
export function mayChange(sql: string, schema: string, table: TableName): boolean {
  const lower = sql.toLowerCase();
  const first = /^[\s(]*([a-z]+)\b/.exec(lower)?.[1] ?? '';
  if (HARMLESS.has(first)) return false;
  const isNamed = lower.includes(table.name);
  if (!isNamed && !OPAQUE.has(first) && !/\b(?:database|schema)\b/.test(lower)) return false;
  const tokens = tokensOf(sql);
  const [verb = { text: '', isQuoted: false }] = tokens.filter(({ text }) => text !== '(');
  const [object = ''] = tokens
    .filter(({ text, isQuoted }) => !isQuoted && OBJECTS.has(text))
    .map(({ text }) => text);
  const words = new Set(tokens.filter(({ isQuoted }) => !isQuoted).map(({ text }) => text));
  if (HARMLESS.has(verb.text)) return false;
  if (OPAQUE.has(verb.text)) return true;
  if (['create', 'drop', 'alter'].includes(verb.text)) {
    if (object === 'database' || object === 'schema')
      return (
        (verb.text === 'drop' || words.has('replace')) && tokens.some(({ text }) => text === table.schema)
      );
    if (object !== 'table' && object !== 'tables') return false;
  }
  // A mode of the session decides what a backslash in a text means: then a name may seem to be inside of one.
  const places = placesOf(tokens, schema, table);
  if (places.length === 0) return isNamed && sql.includes('\\');
  switch (verb.text) {
    case 'create':
      return isSubject(tokens, places) && (words.has('replace') || !isOnlyIfMissing(tokens));
    case 'alter':
      return isSubject(tokens, places)
        ? !changesIndexesOnly(tokens, places)
        : words.has('exchange') || words.has('rename');
    case 'rename':
      return tokens[1]?.text !== 'user';
    default:
      return verb.text !== '';
  }
}

/** Where a statement names a table: the indexes of these tokens. */
function placesOf(tokens: readonly Token[], schema: string, table: TableName): number[] {
  return [...tokens.keys()].filter((at) => {
    if (tokens[at]?.text !== table.name) return false;
    const qualifier = tokens[at - 1]?.text === '.' ? tokens[at - 2]?.text : schema;
    // A name beyond ASCII may be written in another character set.
    return qualifier === table.schema || qualifier === undefined || /[^ -~]/.test(qualifier);
  });
}

/** The index of the first token behind TABLE and what may follow it before a name. */
function subjectAt(tokens: readonly Token[]): number {
  let at = tokens.findIndex(({ text, isQuoted }) => !isQuoted && text === 'table') + 1;
  while (['if', 'not', 'exists'].includes(tokens[at]?.text ?? '') && tokens[at]?.isQuoted === false) at += 1;
  return tokens[at + 1]?.text === '.' ? at + 2 : at;
}

const isSubject = (tokens: readonly Token[], places: readonly number[]): boolean =>
  places.includes(subjectAt(tokens));

const isOnlyIfMissing = (tokens: readonly Token[]): boolean =>
  tokens.slice(0, subjectAt(tokens)).some(({ text, isQuoted }) => !isQuoted && text === 'exists');

/** Beginnings of the clauses of ALTER TABLE that leave rows and columns as they are. */
const INDEX_CLAUSES =
  /^(?:add (?:unique |fulltext |spatial )?(?:index|key)|drop (?:index|key)|(?:rename|alter) (?:index|key)|(?:enable|disable) keys|algorithm|lock|comment)\b/;

function changesIndexesOnly(tokens: readonly Token[], places: readonly number[]): boolean {
  if (tokens.some(({ text, isQuoted }, at) => !isQuoted && text === 'ignore' && at < subjectAt(tokens)))
    return false;
  const clauses: string[] = [''];
  let depth = 0;
  for (const { text } of tokens.slice((places[0] ?? 0) + 1)) {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (text === ',' && depth === 0) clauses.push('');
    else clauses[clauses.length - 1] += `${text} `;
  }
  return clauses.every((clause) => INDEX_CLAUSES.test(clause));
}
