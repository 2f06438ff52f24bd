import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mavenSettings } from '../../../../scripts/local/artifacts/maven-settings';

const home = mkdtempSync(path.join(tmpdir(), 'settings-'));
const maven = path.join(home, 'maven');
afterAll(() => rmSync(home, { recursive: true }));

const ENVIRONMENT = { MAVEN_HOME: maven, REPOSITORY_PASSWORD: 'from the environment' };
const CENTRAL = 'https://repo.maven.apache.org/maven2';

/** The settings with these files of the user and of the installation. */
function read(user: string, installation = '') {
  for (const [file, content] of [
    [path.join(home, '.m2/settings.xml'), user],
    [path.join(maven, 'conf/settings.xml'), installation],
  ] as const) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `<?xml version="1.0"?>\n<settings>${content}</settings>`);
  }
  return mavenSettings(ENVIRONMENT, home);
}

const mirror = (id: string, mirrorOf: string, url = `https://${id}.example/maven/`, more = ''): string =>
  `<mirrors><mirror><id>${id}</id><mirrorOf>${mirrorOf}</mirrorOf><url>${url}</url>${more}</mirror></mirrors>`;

test('without settings it is Maven Central, by the proxy of the environment', () => {
  const environment = { PATH: '', HTTPS_PROXY: 'http://proxy.example:3128' };

  expect(mavenSettings(environment, '/nowhere')).toEqual({
    repository: CENTRAL,
    authorization: undefined,
    proxyEnvironment: environment,
    localRepository: '/nowhere/.m2/repository',
  });
});

test.each(['*', 'central', 'external:*', 'other, central', '*,!other'])(
  'takes the mirror of %s',
  (mirrorOf) => {
    expect(read(mirror('nexus', mirrorOf)).repository).toBe('https://nexus.example/maven');
  },
);

test.each(['other', '*,!central', 'external:http:*'])('takes no mirror of %s', (mirrorOf) => {
  expect(read(mirror('nexus', mirrorOf)).repository).toBe(CENTRAL);
});

test('takes no mirror that blocks, nor one in a comment', () => {
  const blocking = mirror('blocker', '*', 'http://0.0.0.0/', '<blocked>true</blocked>');

  expect(read(`${blocking}<!-- ${mirror('example', '*')} -->`).repository).toBe(CENTRAL);
});

test('takes the mirror of central alone before that of everything, and the user’s before the installation’s', () => {
  expect(read(mirror('all', '*') + mirror('exact', 'central')).repository).toContain('exact');
  expect(read(mirror('user', '*'), mirror('installation', '*')).repository).toContain('user');
  expect(read('', mirror('installation', '*')).repository).toContain('installation');
});

test('takes the repository of an active profile that has the name of central', () => {
  const profile = (id: string): string =>
    `<profile><id>${id}</id><repositories><repository><id>central</id><url>https://${id}.example</url></repository></repositories></profile>`;

  expect(read(`<profiles>${profile('idle')}</profiles>`).repository).toBe(CENTRAL);
  expect(
    read(
      `<profiles>${profile('idle')}${profile('artifactory')}</profiles>` +
        '<activeProfiles><activeProfile>artifactory</activeProfile></activeProfiles>',
    ).repository,
  ).toBe('https://artifactory.example');
});

test('logs in where the settings have a login for the mirror', () => {
  const server = (password: string): string =>
    `${mirror('nexus', '*')}<servers><server><id>nexus</id><username>ada</username><password>${password}</password></server></servers>`;
  const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;

  expect(read(server('a&amp;b')).authorization).toBe(basic('ada:a&b'));
  expect(read(server(`\${env.REPOSITORY_PASSWORD}`)).authorization).toBe(basic('ada:from the environment'));
  expect(() => read(server('{jSMOWnoPFgsHVpMvz5VrIt5kRbzGpI8u+9EF1iFQyJQ=}'))).toThrow(
    'The password of server "nexus" in Maven\'s settings.xml is encrypted',
  );
});

test('takes the active proxy and the local repository', () => {
  const proxy = (host: string, active: string): string =>
    `<proxy><active>${active}</active><host>${host}</host><port>3128</port><nonProxyHosts>localhost|*.example</nonProxyHosts></proxy>`;
  const settings = read(
    `<localRepository>\${user.home}/artifacts</localRepository><proxies>${proxy('idle', 'false')}${proxy('active', 'true')}</proxies>`,
  );

  expect(settings.localRepository).toBe(`${home}/artifacts`);
  expect(settings.proxyEnvironment).toEqual({
    HTTPS_PROXY: 'http://active:3128',
    HTTP_PROXY: 'http://active:3128',
    NO_PROXY: 'localhost,*.example',
  });
});
