import { REGION } from '../../lib/config';
import { deploymentEnvironment, type EmulatedDeployment, runningDeployment } from './emulated-deployment';

/** The AWS that a command talks to: the account that one is signed in to, or the emulator on this machine. */
export interface AwsAccount {
  /** For messages. */
  readonly name: 'AWS' | 'the emulator on this machine';
  readonly isEmulator: boolean;
  /** Configuration for every client of the SDK. */
  readonly client: {
    readonly region: typeof REGION;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The environment of programs that talk to it, such as the CDK CLI. */
  readonly environment: NodeJS.ProcessEnv;
  /** Configuration that the pipeline there was deployed with, besides cdk.json: `<field>=<value>` each. */
  readonly overrides: readonly string[];
}

/**
 * The emulator while "npm run deploy:local" has left one running, and AWS otherwise.
 *
 * @param options `aws` asks for AWS itself in any case
 */
export function chooseAccount({ aws = false }: { readonly aws?: boolean } = {}): AwsAccount {
  const deployment = aws ? undefined : runningDeployment();
  if (deployment === undefined) {
    return {
      name: 'AWS',
      isEmulator: false,
      client: { region: REGION },
      environment: { ...process.env, AWS_REGION: REGION },
      overrides: [],
    };
  }
  return emulatedAccount(deployment);
}

/** Returns the account of an emulator. */
export function emulatedAccount(deployment: EmulatedDeployment): AwsAccount {
  const { endpoint, accessKeyId, secretAccessKey, configOverrides } = deployment;
  return {
    name: 'the emulator on this machine',
    isEmulator: true,
    client: { region: REGION, endpoint, credentials: { accessKeyId, secretAccessKey } },
    environment: { ...process.env, ...deploymentEnvironment(deployment) },
    overrides: configOverrides,
  };
}
