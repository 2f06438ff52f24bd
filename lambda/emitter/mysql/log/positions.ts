import { NOTHING_YET, type SnapshotPoint } from '../snapshot-position';
import { GtidSet } from './gtid-set';
import type { LogStart } from './log-connection';
import { lost } from './lost';
import { MariaDbProgress } from './mariadb-progress';
import { MysqlProgress } from './mysql-progress';
import type { LogProgress } from './progress';

/** Where reading behind a position begins. */
export function startBehind({ server }: SnapshotPoint, gtid: string): LogStart {
  const position = gtid === NOTHING_YET ? '' : gtid;
  return server === 'mariadb' ? { mariaDb: position } : { mysql: GtidSet.parse(position) };
}

/**
 * The progress from a position to the one of a snapshot.
 *
 * @throws LogLostError when the snapshot is of a server that has not got what was read before.
 */
export function progressTo({ server, gtid, takenAt }: SnapshotPoint, since: string): LogProgress {
  if (server === 'mariadb') return new MariaDbProgress(since, gtid);
  if (MysqlProgress.isAhead(since, gtid))
    throw lost('the server does not have transactions that were read before');
  return new MysqlProgress(since, gtid, takenAt);
}
