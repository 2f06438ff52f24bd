const MARIADB_GTID = /^\d+-\d+-(\d+)$/;
const MYSQL_SOURCE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MYSQL_TAG = /^[a-z_][a-z0-9_]{0,31}$/i;
const INTERVAL = /^(\d+)(?:-(\d+))?$/;

/**
 * Number of transactions up to a position in the log of changes: of the positions of one log the later one has more of
 * them. https://mariadb.com/kb/en/gtid/, https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html
 *
 * @param gtids of MariaDB the last one of each domain, of MySQL a set
 * @returns `null` for a text that is neither
 */
export function logPosition(gtids: string): bigint | null {
  let transactions = 0n;
  for (const part of gtids.split(',')) {
    const counted = mariaDbTransactions(part.trim()) ?? mySqlTransactions(part.trim());
    if (counted === null) return null;
    transactions += counted;
  }
  return transactions;
}

function mariaDbTransactions(gtid: string): bigint | null {
  const sequence = MARIADB_GTID.exec(gtid)?.[1];
  return sequence === undefined ? null : BigInt(sequence);
}

/** The sum of the intervals of one source, among which tags may stand. */
function mySqlTransactions(set: string): bigint | null {
  const [source = '', ...pieces] = set.split(':');
  if (!MYSQL_SOURCE.test(source) || pieces.length === 0) return null;
  let transactions = 0n;
  for (const piece of pieces) {
    const [, first, last = first] = INTERVAL.exec(piece) ?? [];
    if (first !== undefined && last !== undefined) transactions += BigInt(last) - BigInt(first) + 1n;
    else if (!MYSQL_TAG.test(piece)) return null;
  }
  return transactions;
}
