import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ReadSecret } from './database-login';

/** Reads a secret with the role of the function. */
export const readSecret: ReadSecret = async (secretId) => {
  const answer = await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: secretId }));
  return answer.SecretString;
};
