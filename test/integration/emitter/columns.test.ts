import type { VerificationReport } from '../../../lambda/verifier/report';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testServers } from '../../support/servers';

/** What MariaDB sends for a geometry: the id of the reference system and its well-known binary. */
const geometry = (type: number, ...body: (number | { readonly count: number })[]): string => {
  const parts = body.map((part) => {
    const bytes = Buffer.alloc(typeof part === 'number' ? 8 : 4);
    if (typeof part === 'number') bytes.writeDoubleLE(part);
    else bytes.writeUInt32LE(part.count);
    return bytes;
  });
  return `"${Buffer.concat([Buffer.from([0, 0, 0, 0, 1, type, 0, 0, 0]), ...parts]).toString('base64')}"`;
};

/** A type of column, and SQL values of it with the JSON text that stands for each in the topic. */
type Type = readonly [definition: string, ...values: (readonly [sql: string, json: string])[]];

const NOT_JSON_NUMBERS = '{"a":1.0,"a":[18446744073709551616, 1e400],"2":"\\u0041 é 😀","1":{}}';

/** Types and values that both servers have. */
const COMMON_TYPES: readonly Type[] = [
  ['TINYINT', ['-128', '-128'], ['127', '127'], ['0', '0']],
  ['TINYINT UNSIGNED', ['255', '255']],
  ['BOOLEAN', ['TRUE', '1'], ['FALSE', '0']],
  ['SMALLINT', ['-32768', '-32768'], ['32767', '32767']],
  ['SMALLINT UNSIGNED', ['65535', '65535']],
  ['MEDIUMINT', ['-8388608', '-8388608'], ['8388607', '8388607']],
  ['MEDIUMINT UNSIGNED', ['16777215', '16777215']],
  ['INT', ['-2147483648', '-2147483648'], ['2147483647', '2147483647']],
  ['INT UNSIGNED', ['4294967295', '4294967295']],
  [
    'BIGINT',
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
    ['9007199254740993', '9007199254740993'],
  ],
  ['BIGINT UNSIGNED', ['18446744073709551615', '18446744073709551615'], ['0', '0']],
  ['TINYINT(3) ZEROFILL', ['7', '7'], ['0', '0'], ['255', '255']],
  ['INT(8) ZEROFILL', ['42', '42'], ['0', '0']],
  ['BIGINT ZEROFILL', ['18446744073709551615', '18446744073709551615'], ['1', '1']],
  [
    'DECIMAL(65,30)',
    [
      '99999999999999999999999999999999999.999999999999999999999999999999',
      '"99999999999999999999999999999999999.999999999999999999999999999999"',
    ],
    ['-0.000000000000000000000000000001', '"-0.000000000000000000000000000001"'],
    ['0', '"0.000000000000000000000000000000"'],
  ],
  ['DECIMAL(65)', [`-${'9'.repeat(65)}`, `"-${'9'.repeat(65)}"`]],
  ['DECIMAL(10,2) ZEROFILL', ['12.5', '"00000012.50"']],
  [
    'FLOAT',
    ['-89.9787', '-89.9787'],
    ['-173.293', '-173.293'],
    ['3.40282e38', '3.40282e38'],
    ['1.17549e-38', '1.17549e-38'],
    ['1e38', '1e38'],
    ['0.1', '0.1'],
    ['16777217', '16777200'],
    ['-0e0', '-0'],
  ],
  ['FLOAT(10,2)', ['12.345', '12.35']],
  ['FLOAT ZEROFILL', ['1.5', '1.5'], ['1e38', '1e38'], ['0', '0']],
  [
    'DOUBLE',
    ['1.7976931348623157e308', '1.7976931348623157e308'],
    ['-2.2250738585072014e-308', '-2.2250738585072014e-308'],
    ['4.9406564584124654e-324', '5e-324'],
    ['0.1', '0.1'],
    ['1e15', '1e15'],
    ['123456789012345678', '1.2345678901234568e17'],
    ['-0e0', '-0'],
  ],
  ['DOUBLE(20,5) ZEROFILL', ['12.5', '12.50000'], ['0.5', '0.50000'], ['0', '0.00000']],
  ['YEAR', ['0', '0'], ['1901', '1901'], ['2155', '2155']],
  [
    'DATE',
    ["'0000-00-00'", '"0000-00-00"'],
    ["'9999-12-31'", '"9999-12-31"'],
    ["'2020-00-00'", '"2020-00-00"'],
    ["'2020-02-29'", '"2020-02-29"'],
  ],
  [
    'DATETIME',
    ["'0000-00-00'", '"0000-00-00T00:00:00"'],
    ["'2020-08-28 03:52:47'", '"2020-08-28T03:52:47"'],
    ["'9999-12-31 23:59:59'", '"9999-12-31T23:59:59"'],
  ],
  ['DATETIME(3)', ["'2020-08-28 03:52:47.12'", '"2020-08-28T03:52:47.120"']],
  [
    'DATETIME(6)',
    ["'9999-12-31 23:59:59.999999'", '"9999-12-31T23:59:59.999999"'],
    ["'0000-00-00'", '"0000-00-00T00:00:00.000000"'],
  ],
  [
    'TIMESTAMP NULL',
    ["'1970-01-01 00:00:01'", '"1970-01-01T00:00:01Z"'],
    ["'2038-01-19 03:14:07'", '"2038-01-19T03:14:07Z"'],
    ['0', '"0000-00-00T00:00:00Z"'],
  ],
  ['TIMESTAMP(6) NULL', ["'2038-01-19 03:14:07.999999'", '"2038-01-19T03:14:07.999999Z"']],
  [
    'TIME',
    ["'-838:59:59'", '"-838:59:59"'],
    ["'838:59:59'", '"838:59:59"'],
    ["'24:00:01'", '"24:00:01"'],
    ['0', '"00:00:00"'],
  ],
  ['TIME(6)', ["'-00:00:00.000001'", '"-00:00:00.000001"'], ["'838:59:58.999999'", '"838:59:58.999999"']],
  ['CHAR(10)', ["'ab  '", '"ab"'], ["''", '""']],
  ['VARCHAR(50)', ["'trailing  '", '"trailing  "'], ["''", '""'], ["'1.0'", '"1.0"'], ["'null'", '"null"']],
  [
    'TEXT',
    ["'👍 😍 ❤️ “curly” é ö – …'", '"👍 😍 ❤️ “curly” é ö – …"'],
    [
      String.raw`'it''s "quoted" \\ and \0\b\t\r\n\Z'`,
      String.raw`"it's \"quoted\" \\ and \u0000\b\t\r\n\u001a"`,
    ],
    ["'\u2028\u2029\ufeff\ufffd\u00a0'", '"\u2028\u2029\ufeff\ufffd\u00a0"'],
  ],
  ['TINYTEXT', ["'x'", '"x"']],
  ['MEDIUMTEXT', ["REPEAT('é', 3)", '"ééé"']],
  ['LONGTEXT', ["''", '""']],
  ['VARCHAR(20) COLLATE utf8mb4_bin', ["'B😀'", '"B😀"']],
  ['TEXT CHARACTER SET latin1', ["'é€ÿ’'", '"é€ÿ’"'], ["_binary X'81'", '"\u0081"']],
  ['TEXT CHARACTER SET ascii', ["'plain'", '"plain"']],
  ['TEXT CHARACTER SET utf8mb3', ["'中é'", '"中é"']],
  ['TEXT CHARACTER SET utf16', ["'😀 “”'", '"😀 “”"'], ["''", '""']],
  ['TEXT CHARACTER SET utf32', ["'😀'", '"😀"']],
  ['TEXT CHARACTER SET ucs2', ["'中'", '"中"']],
  ['TEXT CHARACTER SET sjis', ["'あ'", '"あ"']],
  ['TEXT CHARACTER SET koi8r', ["'Ж'", '"Ж"']],
  ["ENUM('a','é','b \"c\"')", ["'é'", '"é"'], ['\'b "c"\'', String.raw`"b \"c\""`], ["'not one'", '""']],
  ["ENUM('a','é') CHARACTER SET latin1", ["'é'", '"é"']],
  ["SET('a','b','é')", ["'é,a'", '"a,é"'], ["''", '""']],
  ['BIT(1)', ["b'1'", '"AQ=="'], ["b'0'", '"AA=="']],
  ['BIT(12)', ["b'101'", '"AAU="']],
  ['BIT(64)', ['18446744073709551615', '"//////////8="']],
  ['BINARY(5)', ["'ab'", '"YWIAAAA="']],
  ['VARBINARY(10)', ["X'00ff80'", '"AP+A"'], ["''", '""']],
  ['VARCHAR(10) CHARACTER SET binary', ["X'ff'", '"/w=="']],
  ['TINYBLOB', ["X'ff'", '"/w=="']],
  ['BLOB', ["'text'", '"dGV4dA=="'], ["''", '""']],
  ['MEDIUMBLOB', ["X'00'", '"AA=="']],
  ['LONGBLOB', ["REPEAT(X'ff', 60)", `"${'/'.repeat(80)}"`]],
  ['GEOMETRY', ["ST_GeomFromText('POINT(1 2)')", geometry(1, 1, 2)]],
  ['POINT', ['POINT(-173.293, 1e300)', geometry(1, -173.293, 1e300)]],
  ['LINESTRING', ["ST_GeomFromText('LINESTRING(0 0,1 2)')", geometry(2, { count: 2 }, 0, 0, 1, 2)]],
  [
    'POLYGON',
    [
      "ST_GeomFromText('POLYGON((0 0,0 1,1 0,0 0))')",
      geometry(3, { count: 1 }, { count: 4 }, 0, 0, 0, 1, 1, 0, 0, 0),
    ],
  ],
  ['GEOMETRYCOLLECTION', ["ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')", geometry(7, { count: 0 })]],
  ['INT AS (`index` * 2) VIRTUAL', ['DEFAULT', '2'], ['DEFAULT', '4'], ['DEFAULT', '6']],
  ["VARCHAR(20) AS (CONCAT('é', `index`)) STORED", ['DEFAULT', '"é1"'], ['DEFAULT', '"é2"']],
];

const MARIADB_TYPES: readonly Type[] = [
  ['TEXT COMPRESSED', ["REPEAT('é', 200)", `"${'é'.repeat(200)}"`]],
  [
    'JSON',
    [`'${NOT_JSON_NUMBERS.replace('\\', '\\\\')}'`, NOT_JSON_NUMBERS],
    [String.raw`' [ 1 ,\n {} ] '`, ' [ 1 ,\n {} ] '],
    ["'null'", 'null'],
    [String.raw`'"a\\nb"'`, String.raw`"a\nb"`],
  ],
  ['UUID', ["'123E4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"']],
  ['INET4', ["'255.255.255.255'", '"255.255.255.255"']],
  ['INET6', ["'::1'", '"::1"'], ["'::ffff:1.2.3.4'", '"::ffff:1.2.3.4"']],
];

/** MySQL keeps JSON in a form of its own, and writes it in one way. */
const MYSQL_TYPES: readonly Type[] = [
  [
    'JSON',
    [
      `'{"b":{} , "a":[18446744073709551615, 1.50, 1e30,[]], "2":"\\\\u0041 é 😀"}'`,
      '{"2": "A é 😀", "a": [18446744073709551615, 1.5, 1e30, []], "b": {}}',
    ],
    ["'null'", 'null'],
    [String.raw`'"a\\nb"'`, String.raw`"a\nb"`],
  ],
  ['TEXT COLLATE utf8mb4_0900_ai_ci', ["'Straße 😀'", '"Straße 😀"']],
  ['VECTOR(2)', ["STRING_TO_VECTOR('[1,2]')", '"AACAPwAAAEA="']],
];

const TYPES = [...COMMON_TYPES, ...(testServers().flavor === 'mariadb' ? MARIADB_TYPES : MYSQL_TYPES)];

const ROWS = Math.max(...TYPES.map(([, ...values]) => values.length));
const isGenerated = (definition: string): boolean => / AS \(/.test(definition);

/** The JSON text of each column of a record, as it stands there. */
function columnTexts(json: string): Map<string, string> {
  const [, first, ...rest] = json.slice(0, -1).split(/[{,]"(index|c\d+)":/);
  const parts = [first as string, ...rest];
  return new Map(
    Array.from({ length: parts.length / 2 }, (_, at) => [
      parts[2 * at] as string,
      parts[2 * at + 1] as string,
    ]),
  );
}

describe('every type of column', () => {
  let pipeline: TestPipeline;
  let report: VerificationReport;
  /** By the key: row 1 has the first value of each type, and so on; the row after the last value is all NULL. */
  const records = new Map<string, Map<string, string>>();
  const order: string[][] = [];

  beforeAll(async () => {
    pipeline = await testPipeline();
    const columns = TYPES.map(([definition], at) => `c${at} ${definition}`);
    const row = (at: number) =>
      TYPES.map(
        ([definition, ...values]) => values[at]?.[0] ?? (isGenerated(definition) ? 'DEFAULT' : 'NULL'),
      );
    const rows = Array.from({ length: ROWS + 1 }, (_, at) => `(${[at + 1, ...row(at)].join(', ')})`);
    await pipeline.sql(
      "SET sql_mode = ''",
      ...SMALL_TABLES,
      'DROP TABLE pinterest_data',
      `CREATE TABLE pinterest_data (\`index\` INT PRIMARY KEY, ${columns.join(', ')})`,
      `INSERT INTO pinterest_data VALUES ${rows.join(', ')}`,
    );
    await pipeline.emit();
    report = await pipeline.verify();
    for (const { key, value } of await pipeline.records('pin')) {
      records.set(key, columnTexts(value));
      order.push([...columnTexts(value).keys()]);
    }
  });

  test.each(
    TYPES.flatMap(([definition, ...values], column) =>
      values.map(([sql, json], at) => ({ definition, sql, json, column, at })),
    ),
  )('$definition: $sql is $json', ({ json, column, at }) => {
    expect(records.get(`${at + 1}`)?.get(`c${column}`)).toBe(json);
  });

  test('NULL is null everywhere, and columns are in the order of the table', () => {
    const nulls = records.get(`${ROWS + 1}`);
    for (const [column, [definition]] of TYPES.entries()) {
      if (!isGenerated(definition)) expect(nulls?.get(`c${column}`)).toBe('null');
    }
    const expected = ['index', ...TYPES.map((_, column) => `c${column}`)];
    expect(order).toEqual(Array.from({ length: ROWS + 1 }, () => expected));
  });

  test('the independent comparison with the table agrees', () => {
    expect(report.streams.pin.examples).toEqual([]);
    expect(report).toMatchObject({ equal: true, streams: { pin: { rows: ROWS + 1, records: ROWS + 1 } } });
  });
});

test('columns may have any name, and the key column may be written in any case', async () => {
  const pipeline = await testPipeline(1);
  const names = ['select', 'back``tick', 'quote " and \'', 'back\\slash', 'ünï 中', '1', 'timestamp', '%s?'];
  await pipeline.sql(
    ...SMALL_TABLES,
    'DROP TABLE geolocation_data',
    `CREATE TABLE geolocation_data (${names.map((name) => `\`${name}\` INT`).join(', ')}, IND SMALLINT UNSIGNED)`,
    `INSERT INTO geolocation_data VALUES (${names.map((_, at) => at).join(', ')}, 65535)`,
  );

  await pipeline.emit();

  expect(await pipeline.records('geo')).toEqual([
    {
      partition: 0,
      key: '65535',
      value: String.raw`{"select":0,"back${'`'}tick":1,"quote \" and '":2,"back\\slash":3,"ünï 中":4,"1":5,"timestamp":6,"%s?":7,"IND":65535}`,
    },
  ]);
  expect(await pipeline.verify()).toMatchObject({ equal: true });
});

test.each([
  ['TINYINT', '127', '127'],
  ['BIGINT UNSIGNED ZEROFILL', '42', '42'],
  ['BIGINT UNSIGNED', '9223372036854775806', '9223372036854775806'],
])('a key of type %s with the value %s is %s', async (type, value, key) => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    ...SMALL_TABLES,
    `ALTER TABLE user_data MODIFY ind ${type}`,
    `INSERT INTO user_data VALUES (${value}, 'x')`,
  );

  await pipeline.emit();

  expect(await pipeline.records('user')).toEqual([
    { partition: 0, key, value: `{"ind":${key},"first_name":"x"}` },
  ]);
  expect(await pipeline.verify()).toMatchObject({ equal: true });
});

/** MySQL checks its JSON in every session. */
const isJsonUnchecked = testServers().flavor === 'mariadb';

test('a row that has no JSON form is a dead letter that names the column and not the value', async () => {
  const pipeline = await testPipeline();
  await pipeline.sql(
    ...SMALL_TABLES,
    'ALTER TABLE user_data ADD COLUMN document JSON, ADD COLUMN story LONGTEXT',
    ...(isJsonUnchecked
      ? ['SET check_constraint_checks = OFF', `INSERT INTO user_data VALUES (1, 'a', '{"secret":', NULL)`]
      : []),
    "INSERT INTO user_data VALUES (2, 'b', '{}', REPEAT('é', 500000)), (3, 'c', NULL, '')",
  );

  expect(await pipeline.emit()).toMatchObject({
    emitted: { user: 1 },
    deadLettered: isJsonUnchecked ? 2 : 1,
    caughtUp: true,
  });

  const letters = (await pipeline.records('dead-letter')).map(({ value }) => JSON.parse(value));
  expect(letters.sort((a, b) => a.key - b.key)).toEqual([
    ...(isJsonUnchecked
      ? [{ table: 'user_data', key: '1', reason: 'column document holds text that is not JSON', row: null }]
      : []),
    {
      table: 'user_data',
      key: '2',
      reason: 'the row takes at least 1000004 bytes, and a message holds 899881',
      row: null,
    },
  ]);
  expect(await pipeline.verify()).toMatchObject({
    equal: true,
    streams: { user: { deadLettered: letters.length } },
  });
});

test('a column that the table hides from "SELECT *" is not part of its rows', async () => {
  const pipeline = await testPipeline();
  await pipeline.sql(
    ...SMALL_TABLES,
    'ALTER TABLE user_data ADD COLUMN secret INT DEFAULT 7 INVISIBLE',
    "INSERT INTO user_data VALUES (1, 'a')",
  );

  await pipeline.emit();

  expect((await pipeline.records('user')).map(({ value }) => value)).toEqual(['{"ind":1,"first_name":"a"}']);
  expect(await pipeline.verify()).toMatchObject({ equal: true });
});
