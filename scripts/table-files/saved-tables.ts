import type { Connection } from 'mysql2';
import { beginSnapshot } from '../../lambda/shared/mysql/session';
import type { Stream } from '../../lambda/shared/streams';
import type { Progress, Step } from '../terminal/progress';
import { type ColumnProfile, columnTypes, MAX_PROFILE_CHARACTERS, profileColumns } from './column-profile';
import { copyTable, countRows, type TableCopy } from './copy-table';
import { textsOf } from './csv';
import type { TableFormatName } from './table-formats';
import { writeTogether } from './write-together';

/** A column of a saved table. Without a profile its values were not looked at. */
export interface SavedColumn extends Partial<ColumnProfile> {
  readonly name: string;
  /** Type in the database's own words, such as `int(8) unsigned`. */
  readonly type: string;
  /** Values of the first rows, of long ones the first characters. */
  readonly examples: readonly (string | null)[];
}

/** A table that was saved. */
export interface SavedTable {
  readonly table: string;
  readonly file: string;
  /** Rows in the file. */
  readonly rows: number;
  /** Rows in the table, in the snapshot that the file holds. */
  readonly tableRows: number;
  readonly columns: readonly SavedColumn[];
}

/** Options of saving tables. */
export interface SaveOptions {
  readonly format: TableFormatName;
  /** Most rows of each table, those with the smallest keys. @default all */
  readonly limit?: number;
  /** True to compute statistics of every column, which reads all values. */
  readonly profile: boolean;
  readonly progress: Progress;
}

/** A table, and the file that it is saved in. */
export interface TableFile {
  readonly stream: Stream;
  readonly file: string;
}

/** Saves tables as they are at one moment, all of them or none. */
export async function saveTables(
  connection: Connection,
  tables: readonly TableFile[],
  { format, limit, profile, progress }: SaveOptions,
): Promise<SavedTable[]> {
  await beginSnapshot(connection);
  const copies = await writeTogether(
    tables.map(({ file }) => file),
    async (appends) => {
      const done: (TableCopy & TableFile & { readonly tableRows: number })[] = [];
      for (const [index, { stream, file }] of tables.entries()) {
        const append = appends[index] as (typeof appends)[number];
        const tableRows = await countRows(connection, stream);
        const total = Math.min(tableRows, limit ?? tableRows);
        const copy = await inStep(progress.step(`Copying ${stream.table}`, total), (step) =>
          copyTable(connection, stream, { format, limit, append, step }),
        );
        done.push({ ...copy, stream, file, tableRows });
      }
      return done;
    },
  );
  const saved: SavedTable[] = [];
  for (const { stream, file, rows, tableRows, columns, examples } of copies) {
    const types = await columnTypes(connection, stream.table);
    const profiles = profile
      ? await inStep(progress.step(`Looking at ${stream.table}`), () =>
          profileColumns(connection, stream.table, columns),
        )
      : [];
    const exampleTexts = examples.map(textsOf(columns));
    saved.push({
      table: stream.table,
      file,
      rows,
      tableRows,
      columns: columns.map(({ name }, index) => ({
        name,
        type: types.get(name) ?? '',
        ...profiles[index],
        examples: exampleTexts.map((texts) => texts[index]?.slice(0, MAX_PROFILE_CHARACTERS) ?? null),
      })),
    });
  }
  return saved;
}

async function inStep<T>(step: Step, work: (step: Step) => Promise<T>): Promise<T> {
  try {
    const result = await work(step);
    step.done();
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}
