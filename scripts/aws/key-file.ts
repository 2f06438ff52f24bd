import { execFile } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ConfigurationError } from '../../lambda/shared/errors';
import { isOutOfGit } from '../machine/out-of-git';

/** Result of writing a key file. */
export type KeyFileOutcome = 'written' | 'replaced' | 'as it was';

/**
 * Writes a private key into a file that only its owner may read, at once or not at all.
 *
 * @param force replaces a file that holds another key
 * @returns what became of the file, and the fingerprint of the key in the form that EC2 has.
 * @throws ConfigurationError when git would track the file, it holds another key, or this is no private key.
 */
export async function writeKeyFile(
  file: string,
  privateKey: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<{ readonly outcome: KeyFileOutcome; readonly fingerprint: string }> {
  if (!(await isOutOfGit(file))) {
    throw new ConfigurationError(
      `${file} would be tracked by git, and a private key must never be: add "*.pem" to .gitignore, or choose another place with --out.`,
    );
  }
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const isOther = before !== undefined && before.trim() !== privateKey.trim();
  if (isOther && !force) {
    throw new ConfigurationError(`${file} holds another key. --force replaces it; --out writes elsewhere.`);
  }
  // Ends as the file does, so that git ignores it too.
  const unfinished = path.join(path.dirname(file), `.${process.pid}.${path.basename(file)}`);
  try {
    writeFileSync(unfinished, privateKey.endsWith('\n') ? privateKey : `${privateKey}\n`, {
      mode: 0o400,
      flag: 'wx',
    });
    const fingerprint = await fingerprintOf(unfinished, privateKey);
    renameSync(unfinished, file);
    return { fingerprint, outcome: before === undefined ? 'written' : isOther ? 'replaced' : 'as it was' };
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * The fingerprint of a private key, as EC2 computes it for the ones that it makes:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
 */
async function fingerprintOf(file: string, privateKey: string): Promise<string> {
  const publicKey = await publicKeyOf(file);
  if (publicKey.startsWith('ssh-rsa')) {
    const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
    const digest = createHash('sha1').update(der).digest('hex');
    return digest.replace(/..(?=.)/g, '$&:');
  }
  const [, blob = ''] = publicKey.split(' ');
  return createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
}

/** OpenSSH's own reader decides: it is what will have to open the file. */
async function publicKeyOf(file: string): Promise<string> {
  try {
    return (await promisify(execFile)('ssh-keygen', ['-y', '-P', '', '-f', file])).stdout;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ConfigurationError(
      isMissing
        ? 'ssh-keygen is missing. Debian/Ubuntu: sudo apt-get install openssh-client.'
        : 'Parameter Store does not hold a private key that OpenSSH can open; nothing was written.',
    );
  }
}

/** EC2 and OpenSSH write the same SHA-256 with and without its filling. */
export const sameFingerprint = (one: string, other: string): boolean => bare(one) === bare(other);

const bare = (fingerprint: string): string => fingerprint.replace(/^SHA256:/, '').replace(/=+$/, '');
