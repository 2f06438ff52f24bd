import { ANSWERS_LOST } from './answers-lost';
import { BROKERS_KILLED } from './brokers-killed';
import { CHANGES_FOLLOWED } from './changes-followed';
import { CHECKPOINT_ASTRAY } from './checkpoint-astray';
import { DATABASE_FAILING } from './database-failing';
import { EMITTER_KILLED } from './emitter-killed';
import type { Fault } from './fault';
import { MANY_ROWS } from './many-rows';
import { POISON_ROWS } from './poison-rows';
import { RUNS_AT_ONCE } from './runs-at-once';
import { SHARDS_AT_WORK } from './shards-at-work';
import { TABLES_WRITTEN } from './tables-written';
import { TIME_OVER } from './time-over';

/** Every fault that the pipeline gets over. */
export const FAULTS: readonly Fault[] = [
  ...EMITTER_KILLED,
  ...BROKERS_KILLED,
  ...DATABASE_FAILING,
  ...ANSWERS_LOST,
  ...RUNS_AT_ONCE,
  ...TIME_OVER,
  ...CHECKPOINT_ASTRAY,
  ...TABLES_WRITTEN,
  ...CHANGES_FOLLOWED,
  ...POISON_ROWS,
  ...SHARDS_AT_WORK,
  ...MANY_ROWS,
];
