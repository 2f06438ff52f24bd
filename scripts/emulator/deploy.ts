import path from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  type DatabaseLogin,
  readCredentialsFile,
  readDatabaseLogin,
} from '../../lambda/shared/database-login';
import { chooseAccount, emulatedAccount } from '../aws/aws-account';
import { checkDeployment } from '../aws/deployment-checks';
import { announceDeployment, type EmulatedDeployment } from '../aws/emulated-deployment';
import { pipelineConfig } from '../aws/pipeline-config';
import { writeCredentialsFile } from '../local/database-logins';
import { serverFiles } from '../local/downloads';
import { checkToolchain } from '../local/toolchain';
import type { Progress } from '../terminal/progress';
import { runCdk } from './cdk';
import { type DeploymentDescription, describeDeployment } from './describe-deployment';
import type { EmulatedAccount } from './emulator';
import { startHost } from './host-process';
import { emulatorPython } from './python-environment';

/** Login for the emulator, which accepts any; no AWS account has this key id. */
const LOGIN = { accessKeyId: 'PINTERESTDATAPIPELINE', secretAccessKey: 'emulator' } as const;

/** The emulator's account. */
const ACCOUNT = '000000000000';

/**
 * Starts the emulator and deploys to it. When this throws, or a signal ends this process, nothing is left running.
 *
 * @param wanted what is deployed
 * @param emulated the account that the emulator plays
 * @param directory of the deployment
 * @throws ConfigurationError naming what that account refuses.
 * @throws AwsError with what the CDK CLI says is wrong.
 */
export async function deployToNewEmulator(
  wanted: Pick<EmulatedDeployment, 'userId' | 'configOverrides'>,
  emulated: EmulatedAccount,
  directory: string,
  progress: Progress,
): Promise<DeploymentDescription> {
  // Here, so that a user sees what is downloaded; the host finds it done.
  await checkToolchain();
  await emulatorPython(progress);
  await serverFiles(progress);
  const step = progress.step('Starting Kafka, MariaDB and the emulator');
  const host = await startHost(directory, emulated).catch((error: unknown) => {
    step.failed();
    throw error;
  });
  step.done('Kafka, MariaDB and the emulator are ready');
  try {
    const deployment: EmulatedDeployment = {
      ...wanted,
      ...LOGIN,
      endpoint: host.endpoint,
      region: 'us-east-1',
      ownerCreds: path.join(directory, 'owner_db_creds.yaml'),
      pid: host.pid,
    };
    await checkEmulated(deployment, progress);
    await runCdk({
      args: ['bootstrap', `aws://${ACCOUNT}/${deployment.region}`],
      deployment,
      directory,
      text: 'Bootstrapping the account of the emulator',
      progress,
    });
    const description = await deploy(deployment, host.admin, directory, progress);
    await host.stay();
    return description;
  } catch (error) {
    await host.stop();
    throw error;
  }
}

/**
 * Deploys once more to an emulator that runs.
 *
 * @throws AwsError with what the CDK CLI says is wrong; the deployment before it goes on then.
 */
export async function updateDeployment(
  deployment: EmulatedDeployment,
  directory: string,
  progress: Progress,
): Promise<DeploymentDescription> {
  await checkEmulated(deployment, progress);
  return await deploy(deployment, await readCredentialsFile(deployment.ownerCreds), directory, progress);
}

/** Makes the checks that `npm run deploy` makes before it touches anything. */
async function checkEmulated(deployment: EmulatedDeployment, progress: Progress): Promise<void> {
  const account = emulatedAccount(deployment);
  const config = pipelineConfig([...deployment.configOverrides, `pipeline.userId=${deployment.userId}`]);
  const doubts = await checkDeployment({ account, config });
  for (const doubt of doubts) progress.note(`AWS may refuse this: ${doubt}`);
}

async function deploy(
  deployment: EmulatedDeployment,
  admin: DatabaseLogin,
  directory: string,
  progress: Progress,
): Promise<DeploymentDescription> {
  await runCdk({
    // By no change set, from which the emulator drops a change of nothing but outputs.
    args: ['deploy', '--all', '--require-approval=never', '--method=direct'],
    deployment,
    directory,
    text: 'Making the templates',
    progress,
  });
  announceDeployment(deployment, directory);
  const description = await describeDeployment(deployment);
  writeCredentialsFile(deployment.ownerCreds, {
    ...admin,
    database: await databaseIn(description.secretArn),
  });
  return description;
}

/** The database that the emitter reads. */
async function databaseIn(secretArn: string): Promise<string> {
  const secrets = new SecretsManagerClient(chooseAccount().client);
  const { database } = await readDatabaseLogin({ secretArn }, async (SecretId) => {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    return SecretString;
  });
  return database;
}
