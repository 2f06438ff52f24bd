import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { nameOf } from '../../lib/names';
import { AwsError, awsCall, isAwsError } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';

/** A key pair as EC2 describes it. */
export interface KeyPair {
  readonly name: string;
  readonly id: string;
  /** Fingerprint in EC2's form: the SHA-256 of a public ED25519 key, the SHA-1 of a private RSA key. */
  readonly fingerprint: string;
}

/**
 * Finds the key pair that the configuration names.
 *
 * @throws AwsError when there is none.
 */
export async function findKeyPair({ account, config }: DeployedPipeline): Promise<KeyPair> {
  const name = config.keyPairName;
  const ec2 = new EC2Client(account.client);
  try {
    const { KeyPairs: [found] = [] } = await awsCall('ec2:DescribeKeyPairs', () =>
      ec2.send(new DescribeKeyPairsCommand({ KeyNames: [name] })),
    );
    if (found?.KeyPairId !== undefined) {
      return { name, id: found.KeyPairId, fingerprint: found.KeyFingerprint ?? '' };
    }
  } catch (error) {
    if (!isAwsError(error, 'InvalidKeyPair.NotFound')) throw error;
  }
  throw new AwsError(
    `There is no key pair ${name} in ${account.client.region} of ${account.name}: "npm run deploy" creates it, in the stack ${nameOf(config.userId, 'KafkaClient')}.`,
    'NotDeployed',
  );
}

/** Reads the private key of a key pair that CloudFormation made, in PEM. A secret. */
export async function readPrivateKey({ account }: DeployedPipeline, { id }: KeyPair): Promise<string> {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-keypair.html
  const Name = `/ec2/keypair/${id}`;
  const ssm = new SSMClient(account.client);
  try {
    const { Parameter } = await awsCall('ssm:GetParameter', () =>
      ssm.send(new GetParameterCommand({ Name, WithDecryption: true })),
    );
    if (Parameter?.Value !== undefined) return Parameter.Value;
  } catch (error) {
    if (!isAwsError(error, 'ParameterNotFound')) throw error;
  }
  throw new AwsError(
    `Parameter Store has no private key ${Name}. It was deleted, or the key pair was imported, not made by the stack: destroy and deploy the stack KafkaClient for a new one.`,
    'ParameterNotFound',
  );
}
