import { randomInt } from 'node:crypto';
import { FaultServers } from './fault-servers';
import { FAULTS } from './faults';
import { playRound } from './round';

let servers: FaultServers;

beforeAll(async () => {
  servers = await FaultServers.start();
});

afterAll(async () => {
  await servers.stop();
});

test.each(FAULTS.filter(({ isLong }) => isLong !== true).map((fault) => [fault.name, fault] as const))(
  '%s: every row is in its topic once',
  async (name, fault) => {
    const seed = randomInt(2 ** 32);
    const replay = `npm run test:faults -- --fault ${name} --rounds 1 --seed ${seed}`;

    const result = await playRound(fault, seed, servers).catch((error: unknown) => {
      throw new Error(`To play the round again: ${replay}`, { cause: error });
    });

    expect({ replay, ...result }).toMatchObject({
      replay,
      missing: 0,
      extra: 0,
      changed: 0,
      duplicated: 0,
      falselyAcknowledged: 0,
    });
    expect(result.rows).toBeGreaterThan(0);
  },
);
