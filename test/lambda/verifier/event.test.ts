import { MOST_KEYS, parseVerifyEvent } from '../../../lambda/verifier/event';

test('any event compares; one that asks for keys gets them', () => {
  expect(parseVerifyEvent(undefined)).toEqual({});
  expect(parseVerifyEvent(null)).toEqual({});
  expect(parseVerifyEvent({ other: 1 }).keys).toBeUndefined();
  const keys = { limit: MOST_KEYS, after: { pinterest_data: '12' } };
  expect(parseVerifyEvent({ keys })).toEqual({ keys });
  expect(parseVerifyEvent({ keys: { limit: 1 } })).toEqual({ keys: { limit: 1 } });
});

test.each([
  [{ keys: {} }, 'keys.limit: allowed: a whole number from 1 to 60000'],
  [{ keys: { limit: 0 } }, 'keys.limit: allowed'],
  [{ keys: { limit: MOST_KEYS + 1 } }, 'keys.limit: allowed'],
  [{ keys: { limit: 1, after: { pinterest_data: 'x' } } }, 'keys.after.pinterest_data: allowed: a key'],
  [{ keys: { limit: 1, after: { nobody: '1' } } }, 'keys.after: '],
  [{ keys: { limit: 1, more: true } }, 'keys: '],
  ['text', 'the event: '],
])('%j is refused by name', (event, problem) => {
  expect(() => parseVerifyEvent(event)).toThrow(problem);
});

test('the keys of a report fit the answer of a function', () => {
  const digits = 19;
  const quotesAndComma = 3;
  expect(3 * MOST_KEYS * (digits + quotesAndComma)).toBeLessThan(5_000_000);
});
