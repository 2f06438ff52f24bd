import type { FollowedTable } from '../followed-table';
import type { KeySet } from './key-set';
import { lost } from './lost';
import { ROWS_KINDS, readRowKeys } from './row-images';
import { type TableMap, tableIdOf, tableMapOf } from './table-map';

/** Number of the table of an event that has no rows, and only ends a statement. */
const NO_TABLE = 0xff_ffff;

/** Collects the keys of one table's rows from the row events of a log. */
export class ChangedRows {
  private readonly maps = new Map<number, TableMap | undefined>();

  constructor(
    private readonly table: FollowedTable,
    private readonly keys: KeySet,
  ) {}

  /** Forgets the tables, whose numbers hold for a transaction. */
  forgetTables(): void {
    this.maps.clear();
  }

  readTableMap(event: Buffer): void {
    this.maps.set(tableIdOf(event), tableMapOf(event, this.table));
  }

  /** @throws LogLostError when a row of the table has no key that can be read. */
  readRows(kind: number, event: Buffer): void {
    const rows = ROWS_KINDS.get(kind);
    const map = this.mapOf(event);
    if (map === undefined) return;
    if (rows === undefined)
      throw lost(`an update of ${this.table.name} is logged in part only (PARTIAL_JSON)`);
    readRowKeys(event, rows, map, this.table, this.keys);
  }

  private mapOf(event: Buffer): TableMap | undefined {
    const id = tableIdOf(event);
    if (!this.maps.has(id) && id !== NO_TABLE)
      throw lost('the log has rows of a table that it does not name');
    return this.maps.get(id);
  }
}
