import type { Fault } from './fault';

/** Rounds that are played at once, of the faults that break no server: most of their time is waiting. */
const AT_ONCE = 3;

/** Faults in the order in which {@link playInOrder} plays their rounds. */
export const inPlayingOrder = (faults: readonly Fault[]): Fault[] =>
  [...faults].sort((a, b) => Number(b.breaksServers === true) - Number(a.breaksServers === true));

/**
 * Plays rounds: first those that break the servers, one after another, and then the others, some beside each other.
 *
 * @param play plays one round; never rejects
 */
export async function playInOrder<Round extends { readonly fault: Fault }>(
  rounds: readonly Round[],
  play: (round: Round) => Promise<void>,
): Promise<void> {
  const breaking = rounds.filter(({ fault }) => fault.breaksServers === true);
  const gentle = rounds.filter((round) => !breaking.includes(round));
  await playAtOnce(1, breaking, play);
  await playAtOnce(AT_ONCE, gentle, play);
}

async function playAtOnce<Round>(
  width: number,
  rounds: readonly Round[],
  play: (round: Round) => Promise<void>,
): Promise<void> {
  const left = rounds.values();
  const work = async (): Promise<void> => {
    for (const round of left) await play(round);
  };
  await Promise.all(Array.from({ length: width }, work));
}
