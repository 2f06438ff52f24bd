import type { Connection, FieldPacket, QueryOptions } from 'mysql2';

/** Runs a query whose result is small; values as the connection is set up to give them. */
export const rowsOf = async (
  connection: Connection,
  query: QueryOptions,
): Promise<readonly (readonly (Buffer | null)[])[]> => (await resultOf(connection, query)).rows;

/** Runs a query, and gives how the server describes the columns of its result. */
export const fieldsOf = async (
  connection: Connection,
  query: QueryOptions,
): Promise<readonly FieldPacket[]> => (await resultOf(connection, query)).fields;

interface Result {
  readonly rows: readonly (readonly (Buffer | null)[])[];
  readonly fields: readonly FieldPacket[];
}

function resultOf(connection: Connection, query: QueryOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    connection.query(query, (error, rows, fields) => {
      if (error) reject(error);
      else resolve({ rows: rows as unknown as Result['rows'], fields });
    });
  });
}
