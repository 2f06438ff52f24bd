import { ABORTED, raceAbort } from '../../../lambda/shared/race-abort';

const never = new Promise<never>(() => {});

test('gives the value, or the failure, that comes before the signal', async () => {
  const { signal } = new AbortController();
  expect(await raceAbort(signal, Promise.resolve(7))).toBe(7);
  await expect(raceAbort(signal, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

test('gives up when the signal comes first', async () => {
  const controller = new AbortController();
  const waiting = raceAbort(controller.signal, never);
  controller.abort();
  expect(await waiting).toBe(ABORTED);
});

test('gives up at once when the signal has come before, even if there is a value', async () => {
  expect(await raceAbort(AbortSignal.abort(), Promise.resolve(7))).toBe(ABORTED);
});

test('what is left behind may fail unheard', async () => {
  const controller = new AbortController();
  let fail = (_: Error): void => {};
  const waiting = raceAbort(controller.signal, new Promise((_, reject) => (fail = reject)));
  controller.abort();
  await waiting;
  fail(new Error('too late'));
  await new Promise(setImmediate);
});

test('leaves no listener at a signal that many wait for', async () => {
  const { signal } = new AbortController();
  const remove = jest.spyOn(signal, 'removeEventListener');
  const add = jest.spyOn(signal, 'addEventListener');
  for (let turn = 0; turn < 20; turn++) await raceAbort(signal, Promise.resolve(turn));
  expect(add).toHaveBeenCalledTimes(20);
  expect(remove).toHaveBeenCalledTimes(20);
});
