import { ExpectedError } from '../terminal/expected-error';
import { findCredentialsProblem } from './aws-profile';

/** Failed request to AWS. The message says why, and what to do about it. */
export class AwsError extends ExpectedError {
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
 * Sends a request to AWS; errors tell the user what to do.
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

/** Tells whether an error is AWS's own answer with one of these codes. */
export const isAwsError = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof AwsError && codes.includes(error.code);

const SIGN_IN =
  'Sign in with "aws configure" or "aws sso login", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

function awsError(action: string, error: Error): AwsError {
  const code = codeOf(error);
  const because = (message: string): AwsError => new AwsError(message, code, { cause: error });

  if (EXPIRED.test(code) || (NO_CREDENTIALS.test(code) && /session.*expired/i.test(error.message))) {
    return because(`The AWS credentials have expired (${action}). ${SIGN_IN}`);
  }
  if (NO_CREDENTIALS.test(code)) {
    const { problem = 'There are no AWS credentials here.', remedy = SIGN_IN } = findCredentialsProblem();
    return because(`${problem} ${remedy}`);
  }
  const { syscall, path: file, code: nodeCode } = error as NodeJS.ErrnoException;
  if (syscall === 'open') {
    return because(`The AWS credentials should be in ${file}, which cannot be read (${code}). ${SIGN_IN}`);
  }
  const endpoint = endpointVariable(action);
  if (nodeCode === 'ERR_INVALID_URL') {
    const { name, url } = endpoint ?? { name: 'endpoint_url of the AWS profile', url: undefined };
    return because(`${name} is ${url === undefined ? 'wrong' : JSON.stringify(url)}: allowed: a URL.`);
  }
  const skew = clockSkewMinutes(error);
  if (CLOCK.test(code) || (UNKNOWN_KEY.test(code) && skew > MOST_SKEW_MINUTES)) {
    const by = skew > MOST_SKEW_MINUTES ? ` by ${skew} minutes` : '';
    return because(
      `The clock of this machine is wrong${by}: AWS rejects requests that were signed at another time (${action}: ${code}). Set it.`,
    );
  }
  if (NOT_SIGNED_UP.test(code)) {
    return because(
      `This AWS account may not use that service yet (${action}: ${code}). A new account is activated within a day; look at its messages in the console.`,
    );
  }
  if (UNTRUSTED.test(code)) {
    return because(
      `The server that answers for AWS has a certificate that is not trusted (${action}: ${code}). Behind a proxy that intercepts TLS, set NODE_EXTRA_CA_CERTS to the file with its certificate.`,
    );
  }
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
  if (unreachable) {
    const hint = endpoint && ` ${endpoint.name} is ${endpoint.url}: for AWS itself, unset it.`;
    return because(`AWS cannot be reached (${action}: ${unreachable}).${hint ?? ''}`);
  }
  return because(`${action} failed: ${code}: ${error.message}`);
}

/** AWS's names for errors, whether the service answered or the SDK gave up before. */
const NO_CREDENTIALS = /^(CredentialsProviderError|ENOCREDENTIALS)$/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|TokenProviderError)$/;
const CLOCK = /^(RequestExpired|RequestInTheFuture|RequestTimeTooSkewed)$/;
const NOT_SIGNED_UP = /^(OptInRequired|SubscriptionRequiredException|PendingVerification)$/;
const UNTRUSTED =
  /^(CERT_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
const UNKNOWN_KEY =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|IncompleteSignature)$/;
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|ForbiddenException)$/;
const UNREACHABLE =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError)\b/;

/** A connection that fails has Node's code and no name of its own. */
const codeOf = (error: Error): string =>
  error.name === 'Error' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.name;

/** AWS takes what was signed within five minutes. */
const MOST_SKEW_MINUTES = 4;

/** Difference between the clocks of this machine and of the server, in minutes. */
function clockSkewMinutes(error: Error): number {
  const { $response } = error as { $response?: { headers?: Record<string, string | undefined> } };
  const skew = Math.abs(Date.parse($response?.headers?.['date'] ?? '') - Date.now());
  return Number.isNaN(skew) ? 0 : Math.round(skew / 60_000);
}

/** The variable that leads somewhere else than to AWS, and its value. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointVariable(action: string): { readonly name: string; readonly url: string } | undefined {
  const [service = ''] = action.split(':');
  return [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']
    .map((name) => ({ name, url: process.env[name] ?? '' }))
    .find(({ url }) => url !== '');
}
