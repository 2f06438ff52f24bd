import { parseEvent } from '../../../lambda/emitter/event';
import { ConfigurationError } from '../../../lambda/shared/errors';

/** What the refusal of an event says. */
function refusal(event: unknown): string {
  try {
    parseEvent(event, undefined);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(/^The event is refused, nothing was emitted\. /);
    return (error as Error).message;
  }
  throw new Error('the event was not refused');
}

const keyAllowed =
  'allowed: an integer from 0 to 9223372036854775806, as a string of digits beyond 9007199254740991';

test.each([[{}], [null], [undefined]])('%j asks for all streams without a limit', (event) => {
  expect(parseEvent(event, undefined)).toEqual({
    streams: ['pin', 'geo', 'user'],
    limit: Number.POSITIVE_INFINITY,
    from: undefined,
    shard: 0,
    shards: 1,
    dryRun: false,
  });
});

test('the configured limit holds where the event has none', () => {
  expect(parseEvent({}, 500).limit).toBe(500);
  expect(parseEvent({ limit: 7 }, 500).limit).toBe(7);
});

test('tables name their streams, in the order of the streams and each once', () => {
  const event = { tables: ['user_data', 'pinterest_data', 'user_data'], dryRun: true };
  expect(parseEvent(event, undefined)).toMatchObject({ streams: ['pin', 'user'], dryRun: true });
});

test.each([
  [0, 0n],
  [9_007_199_254_740_991, 9_007_199_254_740_991n],
  ['0', 0n],
  ['007', 7n],
  ['9223372036854775806', 9_223_372_036_854_775_806n],
])('`from` may be %j, which is then that of every table of the run', (from, key) => {
  expect(parseEvent({ from }, undefined).from).toEqual({ pin: key, geo: key, user: key });
  expect(parseEvent({ from, tables: ['user_data'] }, undefined).from).toEqual({ user: key });
});

test('`from` may name tables, each with its own key, and leave some out', () => {
  const from = { pinterest_data: '101', user_data: 3 };
  expect(parseEvent({ from }, undefined).from).toEqual({ pin: 101n, user: 3n });
  expect(parseEvent({ from: {} }, undefined).from).toEqual({});
});

test.each([
  [{ limit: 0 }, 'limit is 0: allowed: a whole number from 1 on'],
  [{ limit: -3 }, 'limit is -3: allowed: a whole number from 1 on'],
  [{ limit: 1.5 }, 'limit is 1.5: allowed: a whole number from 1 on'],
  [{ limit: '10' }, 'limit is "10": allowed: a whole number from 1 on'],
  [{ limit: null }, 'limit is null: allowed: a whole number from 1 on'],
  [{ from: -1 }, `from is -1: ${keyAllowed}`],
  [{ from: 1.5 }, `from is 1.5: ${keyAllowed}`],
  [{ from: 9_007_199_254_740_992 }, `from is 9007199254740992: ${keyAllowed}`],
  [{ from: '9223372036854775807' }, `from is "9223372036854775807": ${keyAllowed}`],
  [{ from: '99999999999999999999' }, `from is "99999999999999999999": ${keyAllowed}`],
  [{ from: '12 OR 1=1' }, `from is "12 OR 1=1": ${keyAllowed}`],
  [{ from: '' }, `from is "": ${keyAllowed}`],
  [{ from: [1] }, `from is [1]: ${keyAllowed}`],
  [{ from: null }, `from is null: ${keyAllowed}`],
  [{ from: { pinterest_data: -1 } }, `from.pinterest_data is -1: ${keyAllowed}`],
  [
    { from: { pinterest_data: 1, posts: 1 } },
    'unknown table posts in from: allowed: pinterest_data, geolocation_data, user_data',
  ],
  [
    { from: { pinterest_data: '7', user_data: 3 }, tables: ['user_data'] },
    'from.pinterest_data is 7: allowed: only tables of the run: user_data',
  ],
  [{ shard: 1, from: { user_data: 3 } }, 'from is {"user_data":3}: allowed: only together with shard 0'],
  [
    { tables: 'user_data' },
    'tables is "user_data": allowed: a list of pinterest_data, geolocation_data, user_data',
  ],
  [{ tables: [] }, 'tables is []: allowed: one or more of pinterest_data, geolocation_data, user_data'],
  [
    { tables: ['user_data', 'mysql.user'] },
    'tables.1 is "mysql.user": allowed: pinterest_data, geolocation_data, user_data',
  ],
  [{ dryRun: 'yes' }, 'dryRun is "yes": allowed: true or false'],
  [
    { Limit: 1, dry: 2 },
    'unknown field Limit, dry: allowed: limit, from, tables, dryRun, keys, reconciled, shard',
  ],
  [{ shard: 8 }, 'shard is 8: allowed: a whole number from 0 to 7'],
  [{ shard: -1 }, 'shard is -1: allowed: a whole number from 0 to 7'],
  [{ shard: 1.5 }, 'shard is 1.5: allowed: a whole number from 0 to 7'],
  [{ shard: '1' }, 'shard is "1": allowed: a whole number from 0 to 7'],
  [{ shard: 1, from: 7 }, 'from is 7: allowed: only together with shard 0'],
  [{ keys: ['1'] }, 'keys is ["1"]: allowed: lists of keys by table'],
  [
    { keys: { pins: ['1'] } },
    'unknown table pins in keys: allowed: pinterest_data, geolocation_data, user_data',
  ],
  [{ keys: { pinterest_data: 7 } }, 'keys.pinterest_data is 7: allowed: a list of at most 100000 keys'],
  [
    { keys: { pinterest_data: ['1', 'x'] } },
    'keys.pinterest_data.1 is "x": allowed: an integer from 0 to 9223372036854775806, as a string of digits beyond 9007199254740991',
  ],
  [
    { keys: { user_data: ['1'] }, tables: ['pinterest_data'] },
    'keys.user_data is 1: allowed: only tables of the run: pinterest_data',
  ],
  [{ keys: {}, from: 7 }, 'from is 7: allowed: not together with keys'],
  [{ keys: {}, shard: 1 }, 'keys is {}: allowed: only together with shard 0'],
  [{ reconciled: { user_data: 'a' } }, 'reconciled is {"user_data":"a"}: allowed: only together with keys'],
  ['everything', 'it is "everything": allowed: a JSON object'],
  [[], 'it is []: allowed: a JSON object'],
  [7, 'it is 7: allowed: a JSON object'],
])('%j is refused with field, value and what is allowed', (event, problem) => {
  expect(refusal(event)).toBe(`The event is refused, nothing was emitted. ${problem}.`);
});

test('a shard may be one that is no longer configured, or not yet', () => {
  expect(parseEvent({ shard: 3 }, undefined, 4)).toMatchObject({ shard: 3, shards: 4 });
  expect(parseEvent({ shard: 7 }, undefined, 2)).toMatchObject({ shard: 7, shards: 2 });
  expect(parseEvent({ shard: 0, from: 7 }, undefined, 4)).toMatchObject({
    shard: 0,
    from: { pin: 7n, geo: 7n, user: 7n },
  });
});

test('every wrong field is named at once', () => {
  expect(refusal({ limit: 0, dryRun: 1, x: true })).toMatch(/limit is 0.*dryRun is 1.*unknown field x/);
});
