import type { Connection, FieldPacket } from 'mysql2';
import { columnOf } from '../../shared/mysql/mysql-columns';
import { HIGH_WATER_BYTES, ResultQueue } from '../../shared/mysql/row-queue';
import { PackedRows } from '../packed-rows';
import { PacketEncoder } from './packet-encoder';

/** A packet of the driver, which uses it again for the next one. */
interface Packet {
  readonly buffer: Buffer;
  /** Where its content begins. */
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

/** State of a query of mysql2 3.24: takes a packet, and gives the state for the next one. */
type State = (this: DriverQuery, packet: Packet, connection: object) => State | null;

/** The parts of the driver behind its interface that are used here: the state in which the packets of rows are. */
interface DriverQuery {
  row: State;
}

/** The rows of one running query, encoded from the packets of the driver as they come. */
export class PackedQueue extends ResultQueue<PackedRows> {
  private blocks: PackedRows[] = [];
  private bytes = 0;
  private block = new PackedRows();
  private isPaused = false;

  /** @param keyColumn the name of the key column, in lower case */
  constructor(connection: Connection, sql: string, keyColumn: string, timeoutMs?: number) {
    super(connection, sql, timeoutMs);
    let encoder: PacketEncoder | undefined;
    this.query.on('fields', (described) => {
      const fields = described as unknown as readonly FieldPacket[];
      const keyIndex = fields.findIndex(({ name }) => name.toLowerCase() === keyColumn);
      // Without a key the query is given up.
      if (keyIndex >= 0) encoder = new PacketEncoder(fields.map(columnOf), keyIndex);
    });
    const query = this.query as unknown as DriverQuery;
    const { row: driversRow } = query;
    const queue = this;
    const row: State = function packRow(packet, driver) {
      if (encoder === undefined || packet.isEOF()) return driversRow.call(this, packet, driver);
      queue.push(encoder, packet);
      return row;
    };
    query.row = row;
  }

  protected take(): PackedRows | undefined {
    const first = this.blocks.shift();
    if (first === undefined) {
      if (this.block.count === 0) return undefined;
      const { block } = this;
      this.block = block.rest();
      return block;
    }
    this.bytes -= first.length;
    if (this.isPaused && this.bytes < HIGH_WATER_BYTES) {
      this.isPaused = false;
      this.connection.resume();
    }
    return first;
  }

  private push(encoder: PacketEncoder, { buffer, offset, end }: Packet): void {
    if (this.block.count > 0 && !this.block.hasRoom(encoder.mostBytes(end - offset))) {
      this.blocks.push(this.block);
      this.bytes += this.block.length;
      this.block = this.block.rest();
      if (this.bytes >= HIGH_WATER_BYTES && !this.isPaused) {
        this.isPaused = true;
        this.connection.pause();
      }
    }
    encoder.add(this.block, buffer, offset, end);
    this.arrived();
  }
}
