import type { DatabaseLogin } from '../../shared/database-login';
import type { EmitterEnvironment } from '../../shared/environment';
import { UnreachableError } from '../../shared/errors';
import { READ_TIMEOUT_MS } from '../../shared/mysql/row-queue';
import type { Stream } from '../../shared/streams';
import type { ChangedKeys, ChangeLog, ChangesRequest } from '../ports';
import type { SnapshotFacts } from './followed-table';
import { KeySet } from './log/key-set';
import { LogConnection } from './log/log-connection';
import { LogReader } from './log/log-reader';
import { lost } from './log/lost';
import { fileBefore, originText } from './log/origin';
import { OriginCheck } from './log/origin-check';
import { progressTo, startBehind } from './log/positions';
import { isMissingFile, logError } from './log/server-errors';
import { NOTHING_YET, type SnapshotPoint } from './snapshot-position';

/** Dependencies of a change log. */
export interface MysqlChangeLogProps {
  /** Reads the login; with `refresh`, past any copy that is kept. */
  readonly readLogin: (refresh: boolean) => Promise<DatabaseLogin>;
  readonly tls: EmitterEnvironment['database']['tls'];
  /** The facts of the snapshot that the TableReader has open of a stream's table. */
  readonly factsOf: (stream: Stream) => Promise<SnapshotFacts>;
  /** Timeout for the next event, in milliseconds. @default READ_TIMEOUT_MS */
  readonly readTimeoutMs?: number;
  /** The largest number of keys of one reading. @default MOST_KEYS */
  readonly mostKeys?: number;
}

/**
 * Reads the logs of MariaDB and MySQL by GTID, one connection a reading. Of the rows of a table nothing but their keys is
 * decoded.
 */
export class MysqlChangeLog implements ChangeLog {
  private readonly open = new Set<LogConnection>();
  /** Generation of the connections: raised when all are cancelled, so that one that was started before is not kept. */
  private generation = 0;

  constructor(private readonly props: MysqlChangeLogProps) {}

  async originOf(stream: Stream): Promise<string> {
    const { point } = await this.props.factsOf(stream);
    return await this.connected(async (log) => originText(await log.fileAt(startBehind(point, point.gtid))));
  }

  async changedKeys(request: ChangesRequest): Promise<ChangedKeys> {
    const facts = await this.props.factsOf(request.stream);
    const { point, table } = facts;
    const keys = new KeySet(request.from, request.to, this.props.mostKeys);
    const progress = progressTo(point, request.since);
    return await this.connected(async (log) => {
      const origin = new OriginCheck(log.server, request.origin);
      const reader = new LogReader({
        table,
        progress,
        keys,
        onFile: (file, created) => {
          origin.see(file, created);
          return false;
        },
        isEnough: () => request.enough.aborted,
      });
      const dump = await log.read(startBehind(point, request.since), (event) => reader.read(event));
      const stop = (): void => {
        if (reader.isBetweenGroups) dump.stop();
      };
      request.enough.addEventListener('abort', stop);
      const end = await dump.end.finally(() => request.enough.removeEventListener('abort', stop));
      const { first, last } = origin;
      if (first === undefined || last === undefined || (end === 'end' && !progress.hasReached))
        throw new UnreachableError(
          `The log of ${log.place} ends before the snapshot does: it may be another server's.`,
        );
      await this.checkOrigin(origin);
      await this.lookBack(first.file, reader.unknownXids, facts, keys);
      return {
        ...keys.result(),
        gtid: progress.position,
        origin: originText(last),
        behind: { seconds: secondsSince(reader.firstGroupAt, point), bytes: reader.bytes },
      };
    });
  }

  async close(): Promise<void> {
    this.generation += 1;
    for (const log of this.open) log.cancel();
  }

  /** Looks at the file that was read before, where it was not among those that were read now. */
  private async checkOrigin(origin: OriginCheck): Promise<void> {
    const { unseenFile } = origin;
    if (unseenFile === undefined) return;
    const found = await this.connected((log) => log.fileAt({ file: unseenFile })).catch((error) => {
      if (!isMissingFile(error.cause)) throw error;
    });
    origin.conclude(found?.created);
  }

  /**
   * Reads the log backwards, file by file, for the transactions that were committed in it and prepared before: the keys of
   * all that were prepared there are added.
   */
  private async lookBack(
    from: string,
    wanted: Set<string>,
    { point, table }: SnapshotFacts,
    keys: KeySet,
  ): Promise<void> {
    let next: string | undefined = from;
    while (wanted.size > 0) {
      const file: string | undefined = next;
      if (file === undefined) throw lost('an XA transaction was prepared before the log begins');
      next = fileBefore(file);
      const progress = progressTo(point, NOTHING_YET);
      await this.connected(async (log) => {
        const reader = new LogReader({
          table,
          progress,
          keys,
          onFile: (name) => name !== file,
          isEnough: () => wanted.size === 0,
          wanted,
        });
        const dump = await log.read({ file: file }, (event) => reader.read(event));
        await dump.end;
      });
    }
  }

  private async connected<T>(work: (log: LogConnection) => Promise<T>): Promise<T> {
    const { generation } = this;
    const { readLogin, tls, readTimeoutMs = READ_TIMEOUT_MS } = this.props;
    const log = await LogConnection.open(readLogin, tls, readTimeoutMs);
    this.open.add(log);
    try {
      if (generation !== this.generation) log.cancel();
      return await work(log);
    } catch (error) {
      throw logError(error, log.login);
    } finally {
      this.open.delete(log);
      log.close();
    }
  }
}

/** Seconds from a time to the one at which a snapshot was taken. */
const secondsSince = (time: number | undefined, { takenAt }: SnapshotPoint): number =>
  time === undefined ? 0 : Math.max(0, Math.round(takenAt / 1e6 - time));
