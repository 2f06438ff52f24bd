import { ConfigurationError } from '../shared/errors';
import { ABORTED, raceAbort } from '../shared/race-abort';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName } from '../shared/streams';
import { copyKeyedRows, copyUnkeyedRows } from './copy-rows';
import type { EmitRequest } from './event';
import { followChanges } from './follow-changes';
import { beginFollowing } from './following';
import type { Checkpoint, EmitParts, TableReader } from './ports';
import {
  assignedShardCount,
  assignRanges,
  hasUnfinishedRange,
  isUnfinished,
  rangesWorth,
  SMALLEST_RANGE,
  withAssigned,
  withoutAssigned,
  withTakenOver,
} from './ranges';
import { rereadKeys } from './reread-keys';
import type { Session, StopReason } from './session';
import { finishOrphanedRange } from './shard';
import { below, partsOf } from './steps';

/**
 * The run of the primary, shard 0: it takes over what shards are done with, puts the checkpoint where the event asks for,
 * finishes what shards have left behind that are no longer configured, assigns ranges of the backlog to the others,
 * follows the changes of all other keys, and copies the rest itself.
 */
export class Primary {
  /** Whether the event's `from` is still to be committed; once, for going on after a failure goes on from there. */
  private isResetPending: boolean;

  constructor(
    private readonly session: Session,
    private readonly request: EmitRequest,
    private readonly parts: EmitParts,
  ) {
    this.isResetPending = request.from !== undefined;
  }

  /** One attempt, from the checkpoint that Kafka has to wherever the run ends. */
  async run(): Promise<StopReason> {
    const { session, request, parts } = this;
    await session.open(this.replaced);
    await this.takeOverRanges();
    await this.resetCheckpoint();
    const mayAssign = !request.dryRun && session.streams.length === STREAMS.length;
    if (mayAssign) {
      const stopped = await this.finishOrphanedRanges();
      if (stopped !== undefined) return stopped;
    }
    if (!(await this.beginFollowing())) return 'deadline';
    if (request.keys !== undefined) return await rereadKeys(session, parts, request);
    if (mayAssign && (await this.assignRanges()) === 'deadline') return 'deadline';
    const stopped =
      (await copyUnkeyedRows(session, parts)) ??
      (await followChanges(session, parts, request.limit)) ??
      (await copyKeyedRows(session, parts, request.limit));
    return stopped === 'caught-up' && session.tally.isLogLeft ? 'deadline' : stopped;
  }

  /** Takes over the ranges that shards are done with; those of streams whose changes are not followed need no more than to be there. */
  private async takeOverRanges(): Promise<void> {
    const { session, replaced } = this;
    const isTaken = ({ name }: Stream) => !replaced.includes(name);
    const streams = session.streams.filter(isTaken);
    const assigned = Math.max(1, ...streams.map(({ name }) => session.checkpoint[name].shards ?? 1));
    const shards = Array.from({ length: assigned - 1 }, (_, index) => index + 1);
    for (const shard of new Set([...shards, ...this.holdersOf(streams)])) {
      const range = await session.rangeOf(shard, replaced);
      for (const { name } of streams)
        session.revise(name, withTakenOver(session.checkpoint[name], shard, range[name]));
    }
  }

  /** The shards that emit parts of some streams, as far as the checkpoint says. */
  private holdersOf(streams: readonly Stream[]): ReadonlySet<number> {
    const parts = streams.flatMap(({ name }) => partsOf(this.session.checkpoint[name]));
    return new Set(parts.flatMap(({ shard }) => shard ?? []));
  }

  /** A stream that begins to be followed while shards have ranges of it leaves the changes of these to them. */
  private async beginFollowing(): Promise<boolean> {
    const { session, parts } = this;
    const { checkpoint } = session;
    if (!(await beginFollowing(session, parts))) return false;
    const begun = session.streams.filter(
      ({ name }) => checkpoint[name].steps === undefined && session.checkpoint[name].steps !== undefined,
    );
    if (begun.length === 0) return true;
    for (let shard = 1; shard < assignedShardCount(checkpoint); shard++) {
      const range = await session.rangeOf(shard);
      for (const { name } of begun) {
        if (isUnfinished(range[name]))
          session.revise(name, withAssigned(session.checkpoint[name], shard, range[name]));
      }
    }
    return true;
  }

  /** Streams whose positions are still to be replaced. */
  private get replaced(): readonly StreamName[] {
    const { from } = this.request;
    return this.isResetPending && from !== undefined
      ? STREAMS.map(({ name }) => name).filter((name) => from[name] !== undefined)
      : [];
  }

  private async resetCheckpoint(): Promise<void> {
    const { session, replaced } = this;
    const { from, shards } = this.request;
    if (!this.isResetPending || from === undefined) return;
    const held = Math.max(shards, assignedShardCount(session.checkpoint));
    const busy = await this.busyShards(held);
    if (busy.length > 0) {
      throw new ConfigurationError(
        `The event is refused, nothing was emitted. from is ${[...new Set(Object.values(from))].join(', ')}: not allowed before shards have emitted their ranges (${busy.join(', ')}); let them catch up first.`,
      );
    }
    const reset = perStream(({ name }) => {
      const position = session.checkpoint[name];
      const { [name]: nextKey } = from;
      if (nextKey === undefined) return position;
      const steps = position.steps && below(withoutAssigned(position), nextKey);
      return { ...position, nextKey, steps };
    });
    // Whoever wrote to the groups of shards, they have nothing to emit from here on.
    const finished = Object.fromEntries(
      replaced.map((name) => [
        name,
        { nextKey: reset[name].nextKey, endKey: reset[name].nextKey, unkeyed: '' },
      ]),
    );
    await session.commit(
      reset,
      new Map(Array.from({ length: held - 1 }, (_, index) => [index + 1, finished])),
    );
    this.isResetPending = false;
  }

  /** One after the other. */
  private async finishOrphanedRanges(): Promise<StopReason | undefined> {
    const { session, request, parts } = this;
    for (let shard = request.shards; shard < assignedShardCount(session.checkpoint); shard++) {
      if (!hasUnfinishedRange(await session.rangeOf(shard))) continue;
      const stopped = await finishOrphanedRange(shard, request, parts, session.tally);
      if (stopped === 'limit' || stopped === 'deadline') return stopped;
    }
    return undefined;
  }

  /**
   * Assigns ranges to the shards that have finished theirs, where the backlog is worth it.
   *
   * @returns 'deadline' when the time was over before
   */
  private async assignRanges(): Promise<'deadline' | undefined> {
    const { session, parts } = this;
    const { shards } = this.request;
    const { reader, deadline, smallestRange = SMALLEST_RANGE } = parts;
    const held = assignedShardCount(session.checkpoint);
    const ends = shards > 1 ? await raceAbort(deadline, endsOf(reader)) : perStream(() => 0n);
    if (ends === ABORTED) return 'deadline';
    const isWorthIt = rangesWorth(session.checkpoint, ends, smallestRange) > 1;
    const unfinished = await this.busyShards(isWorthIt ? Math.max(shards, held) : held);
    // One that has finished since its ranges were taken over is taken over by the next run.
    const busy = [...new Set([...unfinished, ...this.holdersOf(session.streams)])];
    const free = Array.from({ length: shards }, (_, shard) => shard).filter(
      (shard) => shard > 0 && !busy.includes(shard),
    );
    const { retained, assigned } = assignRanges(session.checkpoint, ends, free, smallestRange);
    const holding = 1 + Math.max(0, ...busy, ...assigned.keys());
    if (assigned.size === 0 && holding === held) return undefined;
    await session.commit(
      perStream(({ name }) => ({ ...retained[name], shards: holding })),
      new Map([...(await this.emptyRanges(holding)), ...assigned]),
    );
    return undefined;
  }

  /** Empty ranges of streams whose topics were recreated, for the first shards, which have forgotten theirs: one that has none at all later has lost it. */
  private async emptyRanges(shards: number): Promise<Map<number, Partial<Checkpoint>>> {
    const empty = new Map<number, Partial<Checkpoint>>();
    for (let shard = 1; shard < shards; shard++) {
      const range = await this.session.rangeOf(shard);
      const forgotten = STREAMS.filter(({ name }) => range[name].endKey === undefined);
      if (forgotten.length > 0)
        empty.set(
          shard,
          Object.fromEntries(forgotten.map(({ name }) => [name, { nextKey: 0n, endKey: 0n, unkeyed: '' }])),
        );
    }
    return empty;
  }

  /** Finds those of the first shards that have not finished their range. */
  private async busyShards(shards: number): Promise<number[]> {
    const busy: number[] = [];
    for (let shard = 1; shard < shards; shard++) {
      if (hasUnfinishedRange(await this.session.rangeOf(shard, this.replaced))) busy.push(shard);
    }
    return busy;
  }
}

/** The key behind the last one of each table. */
async function endsOf(reader: TableReader): Promise<PerStream<bigint>> {
  const ends = await Promise.all(STREAMS.map(async (stream) => ((await reader.lastKey(stream)) ?? -1n) + 1n));
  return perStream((stream) => ends[STREAMS.indexOf(stream)] ?? 0n);
}
