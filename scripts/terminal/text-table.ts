/**
 * Lines of a table.
 *
 * @param toLeft the columns that go to the left, as texts are read; the others go to the right, as numbers are. @default the first
 */
export function textTable(rows: readonly (readonly string[])[], toLeft: readonly number[] = [0]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        toLeft.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
