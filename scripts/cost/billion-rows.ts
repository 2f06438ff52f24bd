import { DEADLINE_MARGIN_MS } from '../../lambda/emitter/emitter';
import { MOST_SHARDS } from '../../lambda/shared/environment';
import { type PipelineConfig, ZONES } from '../../lib/config';
import type { BenchReport } from '../bench/report';
import { emittingCost } from './bill';
import { type EmitterMeasurement, emitterMeasurement } from './emitter-measurement';
import { PRICES } from './prices';

/** A number of rows that is worth a calculation before it is tried. */
const ROWS = 1_000_000_000;

/** What a backlog takes with a number of shards. */
export interface Backlog {
  readonly shards: number;
  /** Invocations of each shard. */
  readonly runs: number;
  /** With one run of each shard every so many minutes as configured. */
  readonly hours: number;
  /** Lambda only. */
  readonly dollars: number;
}

/** What Kafka keeps of a backlog. */
export interface Stored {
  /** On all brokers together. */
  readonly gigabytes: number;
  /** GiB that the disk of each broker must have. */
  readonly gibibytesABroker: number;
  readonly dollarsAMonth: number;
}

/** What a billion rows take, when every shard is as fast as the one that was measured. */
export function billionRows(report: BenchReport, { emitter, kafka }: PipelineConfig) {
  const emitting = emittingCost(emitter, emitterMeasurement(report));
  const seconds = (ROWS / 1_000_000) * emitting.secondsPerMillionRows;
  const runSeconds = emitter.timeoutSeconds - DEADLINE_MARGIN_MS / 1000;
  const backlogs = [1, MOST_SHARDS].map((shards): Backlog => {
    const runs = Math.ceil(seconds / shards / runSeconds);
    const lastRunSeconds = seconds / shards - (runs - 1) * runSeconds;
    return {
      shards,
      runs,
      hours: ((runs - 1) * emitter.everyMinutes) / 60 + lastRunSeconds / 3600,
      dollars:
        (ROWS / 1_000_000) * emitting.perMillionRows + shards * runs * PRICES['Lambda requests'].dollars,
    };
  });
  return { emitting, runSeconds, backlogs, stored: storedOf(emitting.measurement, kafka.brokers) };
}

/** Topics have a copy of every record in each zone. */
function storedOf({ storedBytesPerRow }: EmitterMeasurement, brokers: number): Stored {
  const bytes = ROWS * storedBytesPerRow * ZONES;
  return {
    gigabytes: bytes / 1_000_000_000,
    gibibytesABroker: Math.ceil(bytes / brokers / 2 ** 30),
    dollarsAMonth: (bytes / 1_000_000_000) * PRICES['broker storage'].dollars,
  };
}

/** {@link billionRows} for README.md. */
export function billionRowsMarkdown(report: BenchReport, config: PipelineConfig): string {
  const { emitting, runSeconds, backlogs, stored } = billionRows(report, config);
  const { measurement, secondsPerMillionRows, memoryMB, cores } = emitting;
  const { emitter, kafka } = config;
  return [
    `On paper, for a billion rows of the three tables together, from the measurement of ${measurement.date}: a million take ${measurement.secondsPerMillionRows.toFixed(1)} s with ${measurement.cpuSecondsPerMillionRows.toFixed(1)} s of CPU, ` +
      `so ${secondsPerMillionRows.toFixed(1)} s in a function of ${grouped(memoryMB)} MB, with its ${cores.toFixed(2)} cores. ` +
      `A run emits for ${runSeconds} s of its timeout of ${emitter.timeoutSeconds} s, and one begins every ${emitter.everyMinutes} minutes.`,
    '',
    '| shards | runs of each | until the last row, hours | Lambda, $ |',
    '| ---: | ---: | ---: | ---: |',
    ...backlogs.map(
      ({ shards, runs, hours, dollars }) =>
        `| ${shards} | ${grouped(runs)} | ${hours.toFixed(1)} | ${dollars.toFixed(2)} |`,
    ),
    '',
    `The storage of MSK is billed as well: ${grouped(Math.round(stored.gigabytes))} GB with ${ZONES} copies, ${grouped(Math.round(stored.dollarsAMonth))} dollars a month, ` +
      `and \`kafka.volumeGiB\` has to be ${grouped(stored.gibibytesABroker)} at least, not ${kafka.volumeGiB}. ` +
      `That the database and the brokers keep up with ${MOST_SHARDS} shards was not measured, nor was Lambda: its cores are others.`,
  ].join('\n');
}

const grouped = (value: number): string => value.toLocaleString('en');
