/** AWS did not do what a command asked for. The message says why, and what to do about it. */
export class AwsError extends Error {
  override readonly name = 'AwsError';

  /** @param code the name that AWS gives the error, such as `AccessDeniedException` */
  constructor(
    message: string,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Asks AWS for something, with errors that tell a user what to do.
 *
 * @param action as IAM names it, such as `ssm:GetParameter`
 * @throws AwsError
 */
export async function awsCall<T>(action: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw awsError(action, error as Error);
  }
}

/** Whether an error is AWS's own answer with one of these names. */
export const isAwsError = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof AwsError && codes.includes(error.code);

const SIGN_IN =
  'Sign in with "aws configure" or "aws sso login", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

function awsError(action: string, error: Error): AwsError {
  const code = codeOf(error);
  const because = (message: string): AwsError => new AwsError(message, code, { cause: error });

  if (EXPIRED.test(code) || /session.*expired|token.*expired/i.test(error.message)) {
    return because(`The AWS credentials have expired (${action}). ${SIGN_IN}`);
  }
  if (NO_CREDENTIALS.test(code)) return because(`There are no AWS credentials here. ${SIGN_IN}`);
  if (UNKNOWN_KEY.test(code)) {
    return because(`AWS does not know these credentials (${action}: ${code}). ${SIGN_IN}`);
  }
  if (DENIED.test(code)) {
    const [, denied = action] = error.message.match(/not authorized to perform: ([a-z0-9-]+:\w+)/i) ?? [];
    return because(
      `These AWS credentials may not ${denied}. Ask for that permission, or sign in as someone who has it.`,
    );
  }
  const [unreachable] = UNREACHABLE.exec(`${code} ${error.message}`) ?? [];
  if (unreachable) return because(`AWS cannot be reached (${action}: ${unreachable}).`);
  return because(`${action} failed: ${code}: ${error.message}`);
}

/** AWS's names for errors, whether the service answered or the SDK gave up before. */
const NO_CREDENTIALS = /^(CredentialsProviderError|ENOCREDENTIALS)$/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenProviderError)$/;
const UNKNOWN_KEY =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|IncompleteSignature)$/;
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|ForbiddenException)$/;
const UNREACHABLE =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError)\b/;

/** A connection that fails has Node's code and no name of its own. */
const codeOf = (error: Error): string =>
  error.name === 'Error' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.name;
