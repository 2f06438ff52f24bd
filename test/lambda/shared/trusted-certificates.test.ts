import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseTlsSchema, databaseTlsText } from '../../../lambda/shared/trusted-certificates';
import { CertificateAuthority } from '../../support/certificates';

const directory = mkdtempSync(path.join(tmpdir(), 'certificates-'));
const authority = new CertificateAuthority(directory);
afterAll(() => rmSync(directory, { recursive: true }));

test.each(['off', 'rds'] as const)('%s is read as it is', (text) => {
  expect(databaseTlsSchema.parse(text)).toBe(text);
  expect(databaseTlsText(text)).toBe(text);
});

test('of a file only the certificates are kept, and its absolute path', () => {
  const { certificate, key } = authority.issue('server', 'DNS:db.example');
  const file = path.join(directory, 'bundle é.pem');
  const parts = [key, authority.file, certificate].map((part) => readFileSync(part, 'utf8'));
  writeFileSync(file, parts.join('# the next\n'));

  const tls = databaseTlsSchema.parse(path.relative('', file));

  expect(tls).toEqual({ file, certificates: `${parts[1]}${parts[2]}` });
  expect(databaseTlsText(tls)).toBe(file);
});

test('a damaged certificate is refused by its number', () => {
  const file = path.join(directory, 'damaged.pem');
  const good = readFileSync(authority.file, 'utf8');
  writeFileSync(file, good + good.replace(/\n[^-]+\n/, '\nAAAA\n'));

  expect(() => databaseTlsSchema.parse(file)).toThrow(
    'certificate 2 of that file is damaged; allowed: off, rds, or',
  );
});
