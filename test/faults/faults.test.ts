import { randomInt } from 'node:crypto';
import type { Fault } from './fault';
import { FaultServers } from './fault-servers';
import { FAULTS } from './faults';
import { playRound, type RoundResult } from './round';

/** Rounds that are played at once, of the faults that break no server: most of their time is waiting. */
const AT_ONCE = 3;

const short = FAULTS.filter(({ isLong }) => isLong !== true);
const breaking = short.filter(({ breaksServers }) => breaksServers === true);
const gentle = short.filter((fault) => !breaking.includes(fault));

let servers: FaultServers;

beforeAll(async () => {
  servers = await FaultServers.start();
});

afterAll(async () => {
  await servers.stop();
});

async function play(fault: Fault): Promise<RoundResult & { readonly replay: string }> {
  const seed = randomInt(2 ** 31);
  const replay = `npm run test:faults -- --fault ${fault.name} --rounds 1 --seed ${seed}`;
  try {
    return { replay, ...(await playRound(fault, seed, servers)) };
  } catch (error) {
    throw new Error(`To play the round again: ${replay}`, { cause: error });
  }
}

/** Plays the rounds of all gentle faults, begun when the first is asked for. */
const playGentle = (() => {
  const results = new Map<Fault, PromiseWithResolvers<Awaited<ReturnType<typeof play>>>>();
  return (fault: Fault) => {
    if (results.size === 0) {
      for (const one of gentle) results.set(one, Promise.withResolvers());
      const queue = results.entries();
      const work = async () => {
        for (const [one, { promise, resolve, reject }] of queue) {
          promise.catch(() => {});
          await play(one).then(resolve, reject);
        }
      };
      for (let index = 0; index < AT_ONCE; index++) void work();
    }
    return results.get(fault)?.promise;
  };
})();

const nothingWrong = { missing: 0, extra: 0, changed: 0, duplicated: 0, falselyAcknowledged: 0 };

describe('every row is in its topic once after', () => {
  test.each(breaking)('$name', async (fault) => {
    expect(await play(fault)).toMatchObject(nothingWrong);
  });

  test.each(gentle)('$name', async (fault) => {
    expect(await playGentle(fault)).toMatchObject(nothingWrong);
  });
});
