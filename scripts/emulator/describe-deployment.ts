import { nameOf, STACKS } from '../../lib/names';
import { chooseAccount } from '../aws/aws-account';
import type { EmulatedDeployment } from '../aws/emulated-deployment';
import { stackOutputs } from '../aws/stack-outputs';

/** Description of a deployment to the emulator, for users and programs. Holds no secret. */
export interface DeploymentDescription {
  readonly endpoint: string;
  readonly region: string;
  readonly userId: string;
  /** Names of the stacks, in the order in which they are deployed. */
  readonly stacks: readonly string[];
  /** `host:port` of the brokers, separated by commas. */
  readonly bootstrapServers: string;
  /** The emitter's name. */
  readonly functionName: string;
  readonly keyPairName: string;
  /** ARN of the secret with the emitter's login. */
  readonly secretArn: string;
}

/**
 * Describes the announced deployment by the outputs of its stacks.
 *
 * @throws AwsError when one of them is not deployed.
 */
export async function describeDeployment({
  endpoint,
  region,
  userId,
}: EmulatedDeployment): Promise<DeploymentDescription> {
  const account = chooseAccount();
  const [{ bootstrapServers }, { keyPairName }, { secretArn }, { functionName }] = await Promise.all([
    stackOutputs(account, userId, 'KafkaCluster'),
    stackOutputs(account, userId, 'KafkaClient'),
    stackOutputs(account, userId, 'RdsAccess'),
    stackOutputs(account, userId, 'Emitter'),
  ]);
  const stacks = STACKS.map((id) => nameOf(userId, id));
  return { endpoint, region, userId, stacks, bootstrapServers, functionName, keyPairName, secretArn };
}
