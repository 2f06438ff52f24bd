import { randomInt } from 'node:crypto';
import type { Fault } from './fault';
import { FaultServers } from './fault-servers';
import { FAULTS } from './faults';
import { inPlayingOrder, playInOrder } from './playing-order';
import { playRound, type RoundResult } from './round';

/** In the order in which they are played, so that no test waits for those before it. */
const short = inPlayingOrder(FAULTS.filter(({ isLong }) => isLong !== true));

let servers: FaultServers;
let playing: Promise<void>;

type ReplayableResult = RoundResult & { readonly replay: string };
const results = new Map(short.map((fault) => [fault, Promise.withResolvers<ReplayableResult>()]));

beforeAll(async () => {
  servers = await FaultServers.start();
  playing = playInOrder(
    short.map((fault) => ({ fault })),
    async ({ fault }) => {
      const result = results.get(fault);
      result?.promise.catch(() => {});
      await play(fault).then(result?.resolve, result?.reject);
    },
  );
});

afterAll(async () => {
  await playing;
  await servers.stop();
});

async function play(fault: Fault): Promise<ReplayableResult> {
  const seed = randomInt(2 ** 31);
  const replay = `npm run test:faults -- --fault ${fault.name} --rounds 1 --seed ${seed}`;
  try {
    return { replay, ...(await playRound(fault, seed, servers)) };
  } catch (error) {
    throw new Error(`To play the round again: ${replay}`, { cause: error });
  }
}

const nothingWrong = { missing: 0, extra: 0, changed: 0, duplicated: 0, falselyAcknowledged: 0 };

describe('every row is in its topic once after', () => {
  test.each(short)('$name', async (fault) => {
    expect(await results.get(fault)?.promise).toMatchObject(nothingWrong);
  });
});
