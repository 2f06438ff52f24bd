import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';
import type { SavedColumn, SavedTable } from './saved-tables';

/** Most characters of a value that are shown. */
const MAX_SHOWN = 24;

/** Formats the saved tables and their statistics for people. No line break at the end. */
export const tablesText = (tables: readonly SavedTable[]): string => tables.map(tableText).join('\n\n');

function tableText({ table, file, rows, tableRows, columns }: SavedTable): string {
  const title = `${table}: ${grouped(rows)} of ${grouped(tableRows)} rows in ${file}`;
  if (columns.every(({ nulls }) => nulls === undefined)) return title;
  const heads = ['column', 'type', 'nulls', 'distinct', 'min', 'max'];
  const examples = columns[0]?.examples.map((_, index) => `row ${index + 1}`) ?? [];
  return [
    title,
    ...textTable([[...heads, ...examples], ...columns.map(columnCells)], [0, 1, 4, 5, 6, 7]),
  ].join('\n');
}

const columnCells = ({ name, type, nulls, distinct, min, max, examples }: SavedColumn): string[] => [
  ...[shown(name), shown(type), grouped(nulls ?? 0), grouped(distinct ?? 0)],
  ...[min ?? '', max ?? ''].map(shown),
  ...examples.map((value) => (value === null ? 'NULL' : value === '' ? '""' : shown(value))),
];

/** One line, without what a terminal would obey. */
function shown(text: string): string {
  const characters = [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')];
  return characters.length > MAX_SHOWN
    ? `${characters.slice(0, MAX_SHOWN - 1).join('')}…`
    : characters.join('');
}
