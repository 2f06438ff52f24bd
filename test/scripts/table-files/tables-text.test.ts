import type { SavedTable } from '../../../scripts/table-files/saved-tables';
import { tablesText } from '../../../scripts/table-files/tables-text';

const TABLE: SavedTable = {
  table: 'user_data',
  file: 'tables/user_data.csv',
  rows: 1_000,
  tableRows: 11_154,
  columns: [
    {
      name: 'ind',
      type: 'bigint(20)',
      nulls: 0,
      distinct: 11_154,
      min: '0',
      max: '11381',
      examples: ['0', '1'],
    },
    {
      name: 'first_name',
      type: 'text',
      nulls: 1_200,
      distinct: 861,
      min: null,
      max: null,
      examples: ['', null],
    },
  ],
};

test('shows what the columns of each table hold', () => {
  expect(tablesText([TABLE, { ...TABLE, table: 'other', columns: [] }])).toBe(
    [
      'user_data: 1,000 of 11,154 rows in tables/user_data.csv',
      'column      type        nulls  distinct  min  max    row 1  row 2',
      'ind         bigint(20)      0    11,154  0    11381  0      1',
      'first_name  text        1,200       861              ""     NULL',
      '',
      'other: 1,000 of 11,154 rows in tables/user_data.csv',
    ].join('\n'),
  );
});

test('without a profile shows how many rows there are', () => {
  const columns = TABLE.columns.map(({ name, type, examples }) => ({ name, type, examples }));

  expect(tablesText([{ ...TABLE, columns }])).toBe('user_data: 1,000 of 11,154 rows in tables/user_data.csv');
});

test('cuts long values, and writes nothing that a terminal would obey', () => {
  const [ind] = TABLE.columns as [SavedTable['columns'][number]];
  const examples = ['😀'.repeat(24), '😀'.repeat(25), 'a\r\n\u001b[31mred\u2028'];

  const text = tablesText([{ ...TABLE, columns: [{ ...ind, examples }] }]);

  expect(text).toContain(`  ${'😀'.repeat(24)}  ${'😀'.repeat(23)}…  a   [31mred`);
  expect(text.split('\n')).toHaveLength(3);
});
