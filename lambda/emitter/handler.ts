import type { Context } from 'aws-lambda';
import { parseEnvironment } from '../shared/environment';
import { letHeapGrow } from '../shared/heap';
import { Emitter } from './emitter';
import type { EmitSummary } from './summary';
import { createLogger, publishMetrics } from './telemetry';

const logger = createLogger();
let emitter: Emitter | undefined;

/** The Lambda function: one run of the emitter. */
export async function handler(event: unknown, context: Context): Promise<EmitSummary> {
  logger.addContext(context);
  try {
    emitter ??= start();
    const summary = await emitter.handle(event, context.getRemainingTimeInMillis());
    logger[summary.stopped === 'fenced' ? 'warn' : 'info']('Run ended', { summary });
    publishMetrics(summary);
    return summary;
  } catch (error) {
    logger.error('Run failed', { error: error as Error, event });
    throw error;
  }
}

function start(): Emitter {
  letHeapGrow();
  return new Emitter(parseEnvironment(process.env), logger);
}

/** Closes the connections that invocations share; for hosts that, unlike Lambda, end by themselves. */
export async function end(): Promise<void> {
  await emitter?.end();
  emitter = undefined;
}
