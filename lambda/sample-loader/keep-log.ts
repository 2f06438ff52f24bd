import type { Connection } from 'mysql2';
import { rowsOf } from '../shared/mysql/rows-of';

/** Hours that RDS keeps the binary log for: a week, so that an emitter that was off over a weekend can still catch up. */
export const LOG_RETENTION_HOURS = 168;

/** ER_SP_DOES_NOT_EXIST. */
const NO_SUCH_PROCEDURE = 1305;

/**
 * Makes RDS keep the binary log. By default it deletes each file as soon as its backup has it.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-stored-proc-configuring.html
 *
 * A server that is not RDS has no such procedure, and is left as it is.
 *
 * @param administrator a connection of the master user
 * @returns whether the server is RDS
 */
export async function keepLog(administrator: Connection): Promise<boolean> {
  try {
    await rowsOf(administrator, {
      sql: 'CALL mysql.rds_set_configuration(?, ?)',
      values: ['binlog retention hours', LOG_RETENTION_HOURS],
    });
    return true;
  } catch (error) {
    if ((error as { errno?: number }).errno === NO_SUCH_PROCEDURE) return false;
    throw error;
  }
}
