import path from 'node:path';
import { Command, Option } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { databaseError } from '../lambda/shared/mysql/mysql-errors';
import { STREAMS } from '../lambda/shared/streams';
import { withPipelineOptions } from './aws/deployed-pipeline';
import { isOutOfGit } from './machine/out-of-git';
import { tlsOption } from './options/pipeline-options';
import { saveTables as save } from './table-files/saved-tables';
import { connectToTables, type TableDatabaseOptions } from './table-files/table-database';
import { TABLE_FORMATS, type TableFormatName } from './table-files/table-formats';
import { tablesText } from './table-files/tables-text';
import { commandLine, runWhenMain } from './terminal/command';
import { wholeNumber } from './terminal/option-values';
import { terminalProgress } from './terminal/progress';

const TABLES = STREAMS.map(({ table }) => table);

interface Options extends TableDatabaseOptions {
  readonly table: readonly string[];
  readonly format: TableFormatName;
  readonly limit?: number;
  readonly out: string;
  readonly profile: boolean;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run save-tables --'))
  .description('Saves a copy of each table in a file, and shows what is in its columns.')
  .addOption(new Option('--table <name...>', 'only these').choices(TABLES).default(TABLES, 'all three'))
  .addOption(
    new Option('--format <format>', 'of the files').choices(Object.keys(TABLE_FORMATS)).default('csv'),
  )
  .option('--limit <rows>', 'most rows of each table, those with the smallest keys', wholeNumber)
  .option('--out <folder>', 'write the files there; git must ignore them', 'tables')
  .option('--no-profile', 'only save: do not look at every value of every column')
  .option('--creds <file>', 'credentials (a db_creds.yaml) of a database that can be reached from here')
  .addOption(tlsOption())
  .option('--json', 'write the result as JSON')
  .addHelpText(
    'after',
    `
Without --creds: of the pipeline that "npm start -- --keep" runs; where none does, or with --user-id, --context or --aws,
of the deployed one. A database of the pipeline's own on AWS is reached by SSH through the Kafka client.

All tables are read as they are at one moment, and nobody has to wait for that. The files replace earlier ones when all are
complete. In CSV (RFC 4180) NULL is an empty field and an empty text is ""; bytes are base64, TIMESTAMP is in UTC.

Exit status: 0 every file has as many rows as asked for; 1 it has not; 2 wrong use, or the database cannot be read.

Example: npm run save-tables -- --table user_data --limit 100 --format jsonl`,
  );

/** `npm run save-tables` */
export const saveTables = commandLine(command, async (options: Options) => {
  const { out, format, limit, profile, table: chosen } = options;
  const tables = STREAMS.filter(({ table }) => chosen.includes(table)).map((stream) => ({
    stream,
    file: path.join(out, `${stream.table}.${format}`),
  }));
  for (const { file } of tables) await refuseTracked(file);
  const { connection, place, close } = await connectToTables(options);
  try {
    process.stderr.write(`Reading ${place}.\n`);
    const saved = await save(connection, tables, { format, limit, profile, progress: terminalProgress() });
    const text = options.json ? JSON.stringify({ tables: saved }, undefined, 2) : tablesText(saved);
    process.stdout.write(`${text}\n`);
    const differ = saved.filter(({ rows, tableRows }) => rows !== Math.min(tableRows, limit ?? tableRows));
    for (const { table, file, rows, tableRows } of differ) {
      process.stderr.write(
        `${file} has ${rows} rows, and ${table} had ${tableRows}: only tables of InnoDB are read as they are at one moment.\n`,
      );
    }
    return differ.length === 0 ? 0 : 1;
  } catch (error) {
    throw databaseError(error, place);
  } finally {
    await close();
  }
});

async function refuseTracked(file: string): Promise<void> {
  if (await isOutOfGit(file)) return;
  throw new ConfigurationError(
    `${file} would be tracked by git, and rows may be personal data: add the folder to .gitignore, or choose another with --out.`,
  );
}

runWhenMain(module, saveTables);
