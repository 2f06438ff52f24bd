import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { REGION } from '../../lib/config';
import { serverEnvironment } from '../machine/program-environment';

/** The name of the listener that is what Amazon MSK has on port 9098. */
export const IAM_LISTENER = 'IAM';

/** Options of a broker's IAM listener. */
export interface IamOptions {
  /** The folder with the class that checks tokens, from `serverFiles`. */
  readonly classPath: string;
  /** Secret access keys by access key id. The id becomes the principal: `User:<access key id>`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Subject alternative names of the certificate, in the form of Java's keytool. @default 'ip:127.0.0.1,dns:localhost' */
  readonly subjectAlternativeName?: string;
}

/** A listener for IAM, ready to be configured. */
export interface IamListener {
  /** The broker's certificate, which it has signed itself, in PEM. */
  readonly certificateFile: string;
  /** Broker properties. Whoever comes by the listener without TLS may do everything, everybody else what ACLs allow. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Password of a key that is generated for every directory and trusted by nobody else. */
const KEYSTORE_PASSWORD = 'not-a-secret';

/** Prepares a listener for IAM, with a certificate of its own in the directory. */
export async function iamListener(
  { keys, subjectAlternativeName = 'ip:127.0.0.1,dns:localhost' }: IamOptions,
  directory: string,
): Promise<IamListener> {
  mkdirSync(directory, { recursive: true });
  const keystore = path.join(directory, 'iam.p12');
  const certificateFile = path.join(directory, 'iam.pem');
  if (!existsSync(certificateFile)) {
    const store = ['-keystore', keystore, '-storepass', KEYSTORE_PASSWORD, '-alias', 'broker'];
    const identity = [
      '-dname',
      'CN=broker',
      '-keyalg',
      'EC',
      '-validity',
      '3650',
      '-ext',
      `san=${subjectAlternativeName}`,
    ];
    const options = { env: serverEnvironment() };
    await promisify(execFile)('keytool', ['-genkeypair', ...store, ...identity], options);
    await promisify(execFile)(
      'keytool',
      ['-exportcert', '-rfc', ...store, '-file', certificateFile],
      options,
    );
  }
  const listener = `listener.name.${IAM_LISTENER.toLowerCase()}`;
  const known = Object.entries(keys).map(([id, secret]) => `key_${id}="${secret}"`);
  return {
    certificateFile,
    properties: {
      'sasl.enabled.mechanisms': 'OAUTHBEARER',
      [`${listener}.ssl.keystore.location`]: keystore,
      [`${listener}.ssl.keystore.password`]: KEYSTORE_PASSWORD,
      [`${listener}.oauthbearer.sasl.server.callback.handler.class`]: 'MskIamTokenValidator',
      // The claim is for a login of the broker's own, which the module insists on and nobody uses.
      [`${listener}.oauthbearer.sasl.jaas.config`]: `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" region="${REGION}" ${known.join(' ')};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  };
}
