import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsAccount } from './aws-account';

/** Plan of an account. The free one refuses some settings, whatever they would cost. */
export type AccountPlan = 'FREE' | 'PAID';

/**
 * Endpoint and request of the Free Tier API, as in the endpoint rules and the model of AWS's SDKs. It has no client in the
 * SDK that this project uses.
 */
const ENDPOINT = 'https://freetier.us-east-1.api.aws';
const TARGET = 'AWSFreeTierService.GetAccountPlanState';

/** Timeout of the request, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Asks for the plan of an account.
 *
 * @returns `undefined` where it cannot be asked: the account is older than the plans, the permission
 *   `freetier:GetAccountPlanState` is missing, or nothing answers.
 */
export async function accountPlan({ client }: Pick<AwsAccount, 'client'>): Promise<AccountPlan | undefined> {
  const { config } = new STSClient(client);
  const { protocol, hostname, port } = new URL(client.endpoint ?? ENDPOINT);
  const host = port === '' ? hostname : `${hostname}:${port}`;
  const signer = new SignatureV4({
    service: 'freetier',
    region: 'us-east-1',
    credentials: config.credentials,
    sha256: config.sha256,
  });
  try {
    const request = await signer.sign({
      method: 'POST',
      protocol,
      hostname,
      path: '/',
      headers: { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': TARGET },
      body: '{}',
    });
    const response = await fetch(`${protocol}//${host}/`, {
      method: 'POST',
      headers: request.headers,
      body: '{}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { accountPlanType } = (await response.json()) as { accountPlanType?: AccountPlan };
    return response.ok ? accountPlanType : undefined;
  } catch {
    return undefined;
  }
}
