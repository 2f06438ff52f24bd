import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsAccount } from './aws-account';
import { AwsError, awsCall } from './aws-call';

/** Timeout of the invocation, above Lambda's own limit, in milliseconds; https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const LONGEST_RUN_MS = 910_000;

/** Failed invocation of a function. */
export class FunctionError extends AwsError {
  /**
   * @param errorName the name of the error that the function threw, or Lambda's own
   * @param logLines what the function logged as a warning or an error, oldest first
   */
  constructor(
    message: string,
    readonly errorName: string,
    readonly logLines: readonly string[],
  ) {
    super([message, ...logLines.map((line) => `  ${line}`)].join('\n'), errorName);
  }
}

/**
 * Invokes a function once and waits for its end.
 *
 * @throws FunctionError with the function's own message and the lines of its log that matter.
 * @throws AwsError when it could not be invoked.
 */
export async function invokeFunction<Answer>(
  account: AwsAccount,
  FunctionName: string,
  event: object = {},
): Promise<Answer> {
  const lambda = new LambdaClient({
    ...account.client,
    // A second try would be a second run.
    maxAttempts: 1,
    requestHandler: { requestTimeout: LONGEST_RUN_MS },
  });
  const {
    FunctionError: failed,
    Payload,
    LogResult,
  } = await awsCall('lambda:InvokeFunction', () =>
    lambda.send(new InvokeCommand({ FunctionName, LogType: 'Tail', Payload: JSON.stringify(event) })),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (failed === undefined) return answer as Answer;
  const { errorType = failed, errorMessage = '' } = answer as { errorType?: string; errorMessage?: string };
  const log = Buffer.from(LogResult ?? '', 'base64').toString();
  throw new FunctionError(
    `${FunctionName} failed: ${errorType}: ${errorMessage}`,
    errorType,
    problemsIn(log),
  );
}

/** Warnings and errors of a log that has one JSON object a line, among other lines and perhaps a torn first one. */
function problemsIn(log: string): string[] {
  return log.split('\n').flatMap((line) => {
    const { level, message, error } = parsed(line);
    if (level !== 'WARN' && level !== 'ERROR') return [];
    return [`${level} ${message}${error?.message === undefined ? '' : `: ${error.name}: ${error.message}`}`];
  });
}

interface LogLine {
  readonly level?: string;
  readonly message?: string;
  readonly error?: { readonly name?: string; readonly message?: string };
}

function parsed(line: string): LogLine {
  try {
    return (JSON.parse(line) ?? {}) as LogLine;
  } catch {
    return {};
  }
}
