import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

/** Certificates of authorities that a server may be vouched for by. */
export interface TrustedCertificates {
  /** Absolute path of the file that they are from. */
  readonly file: string;
  /** PEM. */
  readonly certificates: string;
}

/**
 * TLS of the connection to the database.
 *
 * `rds`: TLS, verified with Amazon's RDS certificates; certificates: TLS, verified with these; `off`: plain text, for a
 * server on this machine. With TLS the host is verified, too.
 */
export type DatabaseTls = 'off' | 'rds' | TrustedCertificates;

const ALLOWED = 'allowed: off, rds, or a file with the certificates to trust (PEM)';

/** Reads a {@link DatabaseTls} out of text: `off`, `rds`, or the path of a file with certificates. */
export const databaseTlsSchema = z.string(ALLOWED).transform((text, context): DatabaseTls => {
  if (text === 'off' || text === 'rds') return text;
  try {
    return { file: path.resolve(text), certificates: readCertificates(text) };
  } catch (error) {
    context.addIssue(`${(error as Error).message}; ${ALLOWED}`);
    return z.NEVER;
  }
});

/** The text that {@link databaseTlsSchema} reads as this. */
export const databaseTlsText = (tls: DatabaseTls): string => (typeof tls === 'string' ? tls : tls.file);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Only the certificates of a file, which may hold keys as well. */
function readCertificates(file: string): string {
  let content: string;
  try {
    content = readFileSync(file, 'latin1');
  } catch (error) {
    throw new Error(`that file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const certificates = content.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error('that file holds no certificate');
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw new Error(`certificate ${index + 1} of that file is damaged`);
    }
  }
  return `${certificates.join('\n')}\n`;
}
