import type { PerStream } from '../shared/streams';

/**
 * The three tables as the course's database most likely had them.
 *
 * Known, from rows that people published: the names of tables and columns and their order; that `index`, `ind`,
 * `downloaded` and `age` hold integers; that `timestamp` and `date_joined` are date and time without fractions; that
 * coordinates have about six significant digits.
 *
 * Assumed, since no CREATE TABLE was ever published: the types BIGINT and TEXT with NULL allowed, which pandas
 * `to_sql` makes; FLOAT for the coordinates; utf8mb4; an index on the key that is not unique, named as pandas names
 * it; no primary key.
 */
export const SAMPLE_TABLES = {
  pin: `CREATE TABLE pinterest_data (
    \`index\` BIGINT,
    unique_id TEXT,
    title TEXT,
    description TEXT,
    poster_name TEXT,
    follower_count TEXT,
    tag_list TEXT,
    is_image_or_video TEXT,
    image_src TEXT,
    downloaded BIGINT,
    save_location TEXT,
    category TEXT,
    KEY ix_pinterest_data_index (\`index\`)
  ) ENGINE InnoDB CHARACTER SET utf8mb4`,
  geo: `CREATE TABLE geolocation_data (
    ind BIGINT,
    timestamp DATETIME,
    latitude FLOAT,
    longitude FLOAT,
    country TEXT,
    KEY ix_geolocation_data_ind (ind)
  ) ENGINE InnoDB CHARACTER SET utf8mb4`,
  user: `CREATE TABLE user_data (
    ind BIGINT,
    first_name TEXT,
    last_name TEXT,
    age BIGINT,
    date_joined DATETIME,
    KEY ix_user_data_ind (ind)
  ) ENGINE InnoDB CHARACTER SET utf8mb4`,
} as const satisfies PerStream<string>;
