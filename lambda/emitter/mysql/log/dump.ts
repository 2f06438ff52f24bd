import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { UnreachableError } from '../../../shared/errors';

/** The commands by which a server is asked for its log. */
const COM_BINLOG_DUMP = 0x12;
const COM_BINLOG_DUMP_GTID = 0x1e;

/** The server says that this was all at the end of its log, and does not wait for more. */
const NON_BLOCKING = 1;

/** The number by which the server tells its readers apart. It ends an older reader with the same one, unless it is 0. */
const NO_SERVER_ID = 0;

const FIRST_POSITION = 4;

/**
 * The command to send the log from the beginning of a file.
 *
 * @param file empty for the position that MariaDB was told before
 */
export function dumpOfFile(file: string): Buffer {
  const name = Buffer.from(file);
  const body = Buffer.alloc(11);
  body.writeUInt8(COM_BINLOG_DUMP, 0);
  body.writeUInt32LE(FIRST_POSITION, 1);
  body.writeUInt16LE(NON_BLOCKING, 5);
  body.writeUInt32LE(NO_SERVER_ID, 7);
  return Buffer.concat([body, name]);
}

/** The command to send the log without the transactions of a set of GTIDs, which is MySQL's. */
export function dumpWithout(encodedSet: Buffer): Buffer {
  const body = Buffer.alloc(23);
  body.writeUInt8(COM_BINLOG_DUMP_GTID, 0);
  body.writeUInt16LE(NON_BLOCKING, 1);
  body.writeUInt32LE(NO_SERVER_ID, 3);
  // The name of a file is empty, so its length stays 0.
  body.writeBigUInt64LE(BigInt(FIRST_POSITION), 11);
  body.writeUInt32LE(encodedSet.length, 19);
  return Buffer.concat([body, encodedSet]);
}

/** A packet of the driver, as far as it is needed here. */
interface DriverPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isError(): boolean;
  isEOF(): boolean;
  asError(encoding: string): Error;
  /** The driver uses a packet again for the next one. */
  clone(): DriverPacket;
}

/** The driver's connection with what it does not publish. */
interface DriverConnection {
  readonly stream: Socket;
  addCommand(command: unknown): void;
  writePacket(packet: unknown): void;
  _resetSequenceId(): void;
}

/** Told an event; returns whether nothing more is to be read. */
export type OnEvent = (event: Buffer) => boolean | Promise<boolean>;

/**
 * A log that the server sends, event by event. The connection serves for nothing else afterwards.
 *
 * It has the shape of the driver's own commands: `execute` gets each packet, `onResult` hears of a lost connection.
 */
export class LogDump {
  private readonly outcome = Promise.withResolvers<'stopped' | 'end'>();
  private isSent = false;
  private isOver = false;
  /** Whether an event is being read; those that come meanwhile wait. */
  private isReading = false;
  private readonly waiting: DriverPacket[] = [];
  private loss: Error | undefined;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly connection: DriverConnection,
    private readonly command: Buffer,
    private readonly onEvent: OnEvent,
    timeoutMs: number,
  ) {
    const silence = `The database sent nothing of its log for ${timeoutMs / 1000} s.`;
    // An error may come while nobody waits for the end.
    this.outcome.promise.catch(() => {});
    this.timer = setTimeout(() => this.fail(new UnreachableError(silence)), timeoutMs);
  }

  /** Asks for a log; `onEvent` is told each event until it has enough. */
  static start(connection: Connection, command: Buffer, onEvent: OnEvent, timeoutMs: number): LogDump {
    const driver = connection as unknown as DriverConnection;
    const dump = new LogDump(driver, command, onEvent, timeoutMs);
    driver.addCommand(dump);
    return dump;
  }

  /** Resolves when `onEvent` had enough, or at the end of the log. */
  get end(): Promise<'stopped' | 'end'> {
    return this.outcome.promise;
  }

  /** Ends it, if it has not ended. */
  stop(): void {
    this.finish('stopped');
  }

  /** Ends it with an error, if it has not ended. */
  fail(error: Error): void {
    this.close();
    this.outcome.reject(error);
  }

  /** Called by the driver with each packet, and without one to begin. Returns whether the command is over. */
  execute(packet: DriverPacket | undefined): boolean {
    if (!this.isSent) this.send();
    else if (packet !== undefined && this.isReading) this.waiting.push(packet.clone());
    else if (packet !== undefined) this.receive(packet);
    return false;
  }

  /** Called by the driver when the connection is lost: also at the end of a log that has arrived, and is not read yet. */
  onResult(error: Error): void {
    if (this.isReading) this.loss = error;
    else this.fail(error);
  }

  private send(): void {
    this.isSent = true;
    this.connection._resetSequenceId();
    const { command } = this;
    const buffer = Buffer.concat([Buffer.alloc(4), command]);
    this.connection.writePacket({
      buffer,
      length: () => buffer.length,
      writeHeader: (sequence: number) => {
        buffer.writeUIntLE(command.length, 0, 3);
        buffer.writeUInt8(sequence, 3);
      },
    });
  }

  private receive(packet: DriverPacket): void {
    if (this.isOver) return;
    this.timer.refresh();
    if (packet.isError()) this.fail(packet.asError('utf8'));
    else if (packet.isEOF()) this.finish('end');
    else this.tell(packet.buffer.subarray(packet.offset + 1, packet.end));
  }

  private tell(event: Buffer): void {
    try {
      const isEnough = this.onEvent(event);
      if (isEnough instanceof Promise) this.waitFor(isEnough);
      else if (isEnough === true) this.finish('stopped');
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Holds back the server while an event is read. */
  private waitFor(reading: Promise<boolean>): void {
    this.isReading = true;
    this.connection.stream.pause();
    reading.then(
      (isEnough) => {
        if (isEnough) this.finish('stopped');
        this.goOn();
      },
      (error) => this.fail(error),
    );
  }

  private goOn(): void {
    this.isReading = false;
    while (!this.isReading) {
      const packet = this.waiting.shift();
      if (packet === undefined) break;
      this.receive(packet);
    }
    if (this.isReading) return;
    if (this.loss !== undefined) this.fail(this.loss);
    this.connection.stream.resume();
  }

  private finish(end: 'stopped' | 'end'): void {
    this.close();
    this.outcome.resolve(end);
  }

  private close(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }
}
