import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Context } from 'aws-lambda';
import type * as Handler from '../../lambda/emitter/handler';
import { SERVICE_NAME } from '../../lambda/shared/metric-names';
import type { HostAnswer, HostRequest } from './emitter-process';

/** Stands in for Lambda: a process that takes events and calls the handler of the given file, or of the sources. */

const [, , handlerFile = path.join(__dirname, '../../lambda/emitter/handler.ts')] = process.argv;
const loadBegan = performance.now();
const { end, handler } = require(handlerFile) as typeof Handler;
const loadMs = performance.now() - loadBegan;

process.on('message', (request: HostRequest | 'end') => {
  void (request === 'end' ? end().finally(() => process.exit(0)) : answer(request));
});

// Whoever started this process is gone.
process.on('disconnect', () => process.exit(0));

async function answer({ event, timeoutMs }: HostRequest): Promise<void> {
  const timeoutAt = performance.now() + timeoutMs;
  const context: Context = {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: false,
    functionName: SERVICE_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: SERVICE_NAME,
    logGroupName: '',
    logStreamName: '',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => timeoutAt - performance.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
  const outcome = await handler(event, context).then(
    (summary) => ({ summary }),
    ({ name, message }: Error) => ({ error: { name, message } }),
  );
  // Kilobytes everywhere: https://nodejs.org/api/process.html#processresourceusage
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  process.send?.({ ...outcome, peakMemoryBytes, loadMs } satisfies HostAnswer);
}
