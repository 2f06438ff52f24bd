import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chooseAccount } from '../aws/aws-account';
import { isAwsError } from '../aws/aws-call';
import type { EmulatedDeployment } from '../aws/emulated-deployment';
import { findKeyPair, readPrivateKey } from '../aws/key-pair';
import { pipelineConfig } from '../aws/pipeline-config';

/**
 * Finds the file that "npm run fetch-key" has written for a deployment, which opens nothing once that is gone and would be
 * in the way of the next one.
 *
 * @returns its name, and what removes it; `undefined` where there is none, or it holds another key.
 */
export async function fetchedKey({
  configOverrides,
  userId,
}: EmulatedDeployment): Promise<{ readonly file: string; remove(): void } | undefined> {
  const account = chooseAccount();
  const config = pipelineConfig([...configOverrides, `pipeline.userId=${userId}`]);
  const pipeline = { account, config, overrides: configOverrides };
  const file = `${config.keyPairName}.pem`;
  if (!existsSync(file)) return undefined;
  try {
    const privateKey = await readPrivateKey(pipeline, await findKeyPair(pipeline));
    if (readFileSync(file, 'utf8').trim() !== privateKey.trim()) return undefined;
  } catch (error) {
    if (isAwsError(error, 'NotDeployed', 'ParameterNotFound')) return undefined;
    throw error;
  }
  return { file, remove: () => rmSync(file, { force: true }) };
}
