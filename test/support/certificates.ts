import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** An authority that signs certificates of servers, by openssl. */
export class CertificateAuthority {
  /** Its own certificate, in PEM. */
  readonly file: string;
  private readonly key: string;

  /** @param directory takes its files; created when missing */
  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    this.file = path.join(directory, 'ca.pem');
    this.key = path.join(directory, 'ca.key');
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      this.key,
      '-out',
      this.file,
      '-subj',
      '/CN=Test authority',
    );
  }

  /**
   * Issues a certificate; a second one of the same name takes the place of the first.
   *
   * @param hosts that it is for, such as `IP:127.0.0.1` or `DNS:db.example`
   */
  issue(name: string, ...hosts: readonly string[]): { readonly certificate: string; readonly key: string } {
    const [certificate, key, request] = ['pem', 'key', 'csr'].map((ending) =>
      path.join(this.directory, `${name}.${ending}`),
    ) as [string, string, string];
    const names = ['-addext', `subjectAltName=${hosts.join(',')}`];
    openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`, ...names);
    const signed = ['-CA', this.file, '-CAkey', this.key, '-CAcreateserial', '-copy_extensions', 'copyall'];
    openssl('x509', '-req', '-in', request, '-out', certificate, '-days', '2', ...signed);
    return { certificate, key };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

const openssl = (...args: readonly string[]): unknown =>
  execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
