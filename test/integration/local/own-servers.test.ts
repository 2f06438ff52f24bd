import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../../lambda/shared/mysql/rows-of';
import { changePosts } from '../../../scripts/local/change-posts';
import { start } from '../../../scripts/start';
import { verify } from '../../../scripts/verify';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testServers } from '../../support/servers';

/** A statement of the administrator, about a database and the emitter's user there. */
type Statement = (of: { readonly database: string; readonly user: string }) => string;

/** Three tables with nothing in them, and what was done to them or to the login. */
async function pipelineAfter(...statements: readonly Statement[]): Promise<TestPipeline> {
  const pipeline = await testPipeline(1);
  await pipeline.sql(...SMALL_TABLES);
  const { database, user } = pipeline.logins.emitter;
  const admin = await connectToDatabase({ ...testServers().admin, database }, 'off');
  for (const statement of statements)
    await rowsOf(admin, { sql: statement({ database, user: `'${user}'@'127.0.0.1'` }) });
  admin.destroy();
  return pipeline;
}

const argumentsOf = ({ variables, userId }: TestPipeline): string[] => [
  ...['--creds', variables['DATABASE_CREDENTIALS_FILE'] as string],
  ...['--brokers', variables['KAFKA_BROKERS'] as string, '--user-id', userId],
];

const onlySome: Statement = ({ database, user }) => `REVOKE SELECT ON \`${database}\`.* FROM ${user}`;

describe.each([
  [
    'may not be read',
    [onlySome, ({ user }) => `GRANT SELECT ON pinterest_data TO ${user}`],
    /denies access: SELECT command denied to user .*_data/,
  ],
  [
    'may not be read in one column',
    [
      onlySome,
      ({ user }) => `GRANT SELECT ON pinterest_data TO ${user}`,
      ({ user }) => `GRANT SELECT ON user_data TO ${user}`,
      ({ user }) => `GRANT SELECT (ind) ON geolocation_data TO ${user}`,
    ],
    /denies access: (SELECT|SHOW) command denied to user .*geolocation_data/,
  ],
  ['is missing', [() => 'DROP TABLE geolocation_data'], /geolocation_data' doesn't exist/],
  [
    'is a view of a table that is gone',
    [
      () => 'RENAME TABLE geolocation_data TO beneath',
      () => 'CREATE VIEW geolocation_data AS SELECT * FROM beneath',
      () => 'DROP TABLE beneath',
    ],
    /geolocation_data' references invalid table/,
  ],
] as [string, readonly Statement[], RegExp][])('a table that %s', (_, statements, says) => {
  test.each([
    ['npm start', start],
    ['npm run verify', verify],
  ])('ends %s with status 2 and one sentence', async (_name, command) => {
    const pipeline = await pipelineAfter(...statements);

    const { status, stdout, stderr } = await runCommand(command, ...argumentsOf(pipeline));

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(says);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

test('changes to a table that is missing are refused by its name', async () => {
  const pipeline = await pipelineAfter(() => 'DROP TABLE pinterest_data');

  await expect(changePosts(pipeline.logins.owner, 'change', 1, 7)).rejects.toMatchObject({
    name: 'TableError',
    message: expect.stringContaining("pinterest_data' doesn't exist"),
  });
});

test.each(['host:0', 'host:99999', 'host:abc', 'a:1, b:2', 'a:1,,b:2', '::1:9092'])(
  'the brokers %s are refused as the option that they are',
  async (brokers) => {
    for (const command of [start, verify]) {
      const given = ['--creds', 'none.yaml', '--brokers', brokers, '--user-id', 'ada'];
      const { status, stderr } = await runCommand(command, ...given);
      expect(status).toBe(2);
      expect(stderr).toContain(`'--brokers <list>' argument '${brokers}' is invalid. allowed: host:port`);
    }
  },
);
