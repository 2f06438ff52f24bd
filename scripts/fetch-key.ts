import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { sameFingerprint, writeKeyFile } from './aws/key-file';
import { findKeyPair, readPrivateKey } from './aws/key-pair';
import { commandLine, runWhenMain } from './terminal/command';

interface Options extends DeployedPipelineOptions {
  readonly out?: string;
  readonly force?: true;
  readonly sshAgent?: true;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run fetch-key --'))
  .description('Fetches the private key of the Kafka client from Parameter Store into <key pair name>.pem.')
  .option('--out <file>', 'write it there (default: <key pair name>.pem, which git ignores)')
  .option('--force', 'replace a file that holds another key')
  .option('--ssh-agent', 'add it to the running ssh-agent, and write no file')
  .option('--json', 'write the result as JSON')
  .addHelpText(
    'after',
    `
The file can be read by its owner only (mode 0400).

Example: npm run fetch-key && npm run connect`,
  );

/** `npm run fetch-key` */
export const fetchKey = commandLine(command, async (options: Options) => {
  if (options.sshAgent && (options.out !== undefined || options.force)) {
    throw new ConfigurationError('--ssh-agent writes no file: leave out --out and --force.');
  }
  const pipeline = deployedPipeline(options);
  const keyPair = await findKeyPair(pipeline);
  const privateKey = await readPrivateKey(pipeline, keyPair);
  const { id: keyPairId, name: keyPairName } = keyPair;
  if (options.sshAgent) {
    addToAgent(privateKey);
    print(
      options,
      { keyPairName, keyPairId, sshAgent: true },
      `${keyPairName} (${keyPairId}) is in the ssh-agent.`,
    );
    return 0;
  }
  const file = options.out ?? `${keyPairName}.pem`;
  const { outcome, fingerprint } = await writeKeyFile(file, privateKey, options);
  const matches = sameFingerprint(fingerprint, keyPair.fingerprint);
  print(
    options,
    { keyPairName, keyPairId, file, outcome, fingerprint, ec2Fingerprint: keyPair.fingerprint, matches },
    [
      `${file}: ${outcome}, mode 0400`,
      `key pair     ${keyPairName} (${keyPairId})`,
      `fingerprint  ${fingerprint}`,
      `in EC2       ${keyPair.fingerprint}  ${matches ? 'the same' : 'DIFFERENT: this key does not open the client'}`,
    ].join('\n'),
  );
  return matches ? 0 : 1;
});

const print = (options: Options, result: object, text: string): void =>
  void process.stdout.write(`${options.json ? JSON.stringify(result, undefined, 2) : text}\n`);

function addToAgent(privateKey: string): void {
  const { status, error, stderr } = spawnSync('ssh-add', ['-q', '-'], {
    input: privateKey.endsWith('\n') ? privateKey : `${privateKey}\n`,
    env: process.env,
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = error === undefined ? stderr.trim() : error.message;
  throw new ConfigurationError(
    `The ssh-agent did not accept the key: ${why}. Is one running (eval "$(ssh-agent)")?`,
  );
}

runWhenMain(module, fetchKey);
