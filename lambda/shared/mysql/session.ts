import { type Connection, escapeId } from 'mysql2';
import { SessionError, UnreachableError } from '../errors';
import { rowsOf } from './rows-of';

/** A variable of a session: what it is set to, in SQL, and what the server then says that it is. */
interface Setting {
  readonly name: string;
  readonly sql: string;
  readonly text: string;
}

const setting = (name: string, sql: string | number, text = `${sql}`.replaceAll("'", '')): Setting => ({
  name,
  sql: `${sql}`,
  text,
});

/** The largest value of variables of 64 bits, which is no limit. */
const NO_LIMIT = '18446744073709551615';

/** The largest value of many variables, which is no limit in practice. */
const NO_LIMIT_OF_32_BITS = '4294967295';

/** Seconds that the server waits for a reader that is held back by Kafka, or for the next statement of a run. */
const PATIENCE_SECONDS = 600;

/**
 * Everything that a server, its init_connect or a user's default could set to change what a result holds, when it ends,
 * or which moment it shows: of a table, of a column that is computed, or of a view. What has a limit gets none; all else
 * is what a new server has. Every login may set these for its own session.
 *
 * https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables
 * https://dev.mysql.com/doc/refman/9.7/en/server-system-variables.html
 */
const SETTINGS: readonly Setting[] = [
  setting('time_zone', "'+00:00'"),
  setting('sql_mode', "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"),
  setting('sql_select_limit', NO_LIMIT),
  setting('sql_big_selects', 1),
  setting('sql_safe_updates', 0),
  setting('sql_auto_is_null', 0),
  setting('autocommit', 1),
  setting('completion_type', "'NO_CHAIN'"),
  setting('net_read_timeout', PATIENCE_SECONDS),
  setting('net_write_timeout', PATIENCE_SECONDS),
  setting('wait_timeout', 28_800),
  setting('group_concat_max_len', NO_LIMIT_OF_32_BITS),
  setting('max_sort_length', 1024),
  setting('div_precision_increment', 4),
  setting('default_week_format', 0),
  setting('lc_time_names', "'en_US'"),
  setting('block_encryption_mode', "'aes-128-ecb'"),
  setting('sql_quote_show_create', 1),
];

const MARIADB_SETTINGS: readonly Setting[] = [
  setting('tx_isolation', "'REPEATABLE-READ'"),
  setting('tx_read_only', 0),
  setting('max_statement_time', 0, '0.000000'),
  setting('idle_transaction_timeout', 0),
  setting('idle_readonly_transaction_timeout', 0),
  setting('idle_write_transaction_timeout', 0),
  setting('query_cache_type', 'OFF'),
  setting('system_versioning_asof', 'DEFAULT'),
  setting('old_mode', "''"),
  setting('default_regex_flags', "''"),
  setting('max_recursive_iterations', NO_LIMIT_OF_32_BITS),
  setting('max_session_mem_used', '9223372036854775807'),
  setting('tmp_disk_table_size', NO_LIMIT),
];

const MYSQL_SETTINGS: readonly Setting[] = [
  setting('transaction_isolation', "'REPEATABLE-READ'"),
  setting('transaction_read_only', 0),
  setting('max_execution_time', 0),
  setting('use_secondary_engine', 'OFF'),
  setting('cte_max_recursion_depth', NO_LIMIT_OF_32_BITS),
  setting('windowing_use_high_precision', 1),
  setting('show_gipk_in_create_table_and_information_schema', 1),
];

/** Set by SET NAMES; the rest of what it sets follows from these. */
const NAMES = {
  character_set_client: 'utf8mb4',
  character_set_results: 'utf8mb4',
  collation_connection: 'utf8mb4_bin',
};

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ...Object.entries(NAMES),
  ...[...SETTINGS, ...MARIADB_SETTINGS, ...MYSQL_SETTINGS].map(({ name, text }) => [name, text] as const),
]);

/**
 * SQL for either server: each reads what is in the other's executable comments as a comment.
 *
 * https://mariadb.com/docs/server/reference/sql-statements/comment-syntax
 */
const forEither = (both: string, mariadb: string, mysql: string): string =>
  `${both} /*M!100300 ${mariadb} */ /*!80000 ${mysql} */`;

const assignments = (settings: readonly Setting[]): string =>
  settings.map(({ name, sql }) => `, @@SESSION.${name} = ${sql}`).join('');

const SET_SESSION = forEither(
  `SET NAMES utf8mb4 COLLATE ${NAMES.collation_connection}${assignments(SETTINGS)}`,
  assignments(MARIADB_SETTINGS),
  assignments(MYSQL_SETTINGS),
);

const namesAndValues = (names: readonly string[]): string =>
  names.map((name) => `, '${name}', @@SESSION.${name}`).join('');

const namesOf = (settings: readonly Setting[]): string[] => settings.map(({ name }) => name);

const READ_SESSION = forEither(
  `SELECT DATABASE()${namesAndValues([...Object.keys(NAMES), ...namesOf(SETTINGS)])}`,
  namesAndValues(namesOf(MARIADB_SETTINGS)),
  namesAndValues(namesOf(MYSQL_SETTINGS)),
);

/**
 * Makes a session ours: its results hold what the tables hold, whatever the server is set to.
 *
 * @param database the session's default database; empty for none
 * @throws SessionError naming the variable that did not take.
 */
export async function setUpSession(connection: Connection, database: string): Promise<void> {
  await rowsOf(connection, { sql: SET_SESSION });
  // An init_connect may have chosen another one.
  if (database !== '') await rowsOf(connection, { sql: `USE ${escapeId(database, true)}` });
  const wrong = await differences(connection, database);
  if (wrong.length > 0) {
    throw new SessionError(
      `The session of ${placeOf(connection)} did not accept: ${wrong.join('; ')}. With other values a result may differ from the tables, so nothing is read.`,
    );
  }
}

/**
 * Opens a transaction that shows the tables as they are now, until {@link endSnapshot}, and proves inside it that the
 * session is still ours: what a pooling proxy puts in its place in between, it must not put inside a transaction.
 *
 * @throws UnreachableError when the session is another one; a new connection sets it up again.
 */
export async function beginSnapshot(connection: Connection): Promise<void> {
  await rowsOf(connection, { sql: 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY' });
  const wrong = await differences(connection, connection.config.database ?? '');
  if (wrong.length > 0) {
    throw new UnreachableError(
      `The session of ${placeOf(connection)} was reset between two statements, as a proxy may do: ${wrong.join('; ')}.`,
    );
  }
}

/** Lets the snapshot go, which holds back the server's clean-up and changes of the tables. */
export async function endSnapshot(connection: Connection): Promise<void> {
  await rowsOf(connection, { sql: 'COMMIT' });
}

async function differences(connection: Connection, database: string): Promise<string[]> {
  const [[current, ...pairs] = []] = await rowsOf(connection, { sql: READ_SESSION });
  const found = pairs.map((value) => value?.toString() ?? 'NULL');
  const wrong: string[] = [];
  for (let at = 0; at < found.length; at += 2) {
    const [name = '', value = ''] = found.slice(at, at + 2);
    const expected = EXPECTED.get(name);
    if (value !== expected) wrong.push(`${name} is ${value} instead of ${expected}`);
  }
  if (found.length === 0) wrong.push('its variables cannot be read');
  const chosen = current?.toString() ?? '';
  // Where names of databases are the same in upper and lower case, the server may have its own spelling.
  if (database !== '' && chosen.toLowerCase() !== database.toLowerCase())
    wrong.push(`the database is ${chosen === '' ? 'none' : chosen} instead of ${database}`);
  return wrong;
}

const placeOf = ({ config: { host, port } }: Connection): string => `${host}:${port}`;
