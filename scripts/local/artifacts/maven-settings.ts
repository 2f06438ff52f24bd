import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { ExpectedError } from '../../terminal/expected-error';

/** The address that Maven itself has built in. */
const CENTRAL = 'https://repo.maven.apache.org/maven2';

/** Where artifacts come from. */
export interface MavenSettings {
  /** Address of the repository, without a slash at its end. */
  readonly repository: string;
  /** Value of the header `Authorization`; `undefined` when the repository wants no login. */
  readonly authorization: string | undefined;
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, from Maven's settings or the environment. */
  readonly proxyEnvironment: Readonly<Record<string, string | undefined>>;
  /** Folder of the artifacts that Maven has already downloaded. */
  readonly localRepository: string;
}

/**
 * Reads where Maven would download from: its own settings and the user's, `~/.m2/settings.xml`, where they exist.
 *
 * Of the settings it takes the mirror of `central`, or a repository of that id in an active profile, the login for it, the
 * active proxy and the local repository. Without any: Maven Central, by the proxy of the environment.
 *
 * @param home @default the user's
 * @throws ExpectedError for a password that is encrypted, which only Maven can read.
 */
export function mavenSettings(environment: NodeJS.ProcessEnv, home: string = homedir()): MavenSettings {
  // The user's come first: the first that matches is taken.
  const settings = [path.join(home, '.m2/settings.xml'), ...globalSettings(environment)]
    .filter((file) => existsSync(file))
    .map((file) => withVariables(readFileSync(file, 'utf8'), environment, home));
  const all = (tag: string): string[] => settings.flatMap((text) => elements(text, tag));
  const central = repositoryOfCentral(settings);
  const mirrors = all('mirror').filter((mirror) => value(mirror, 'blocked') !== 'true');
  const mirror =
    mirrors.find((one) => value(one, 'mirrorOf') === 'central') ??
    mirrors.find((one) => isMirrorOfCentral(value(one, 'mirrorOf') ?? ''));
  const source = mirror ?? central;
  const id = source && value(source, 'id');
  const server = all('server').find((one) => id !== undefined && value(one, 'id') === id);
  const proxy = all('proxy').find((one) => value(one, 'active') !== 'false');
  return {
    repository: ((source && value(source, 'url')) ?? CENTRAL).replace(/\/+$/, ''),
    authorization: server && basicAuthorization(server),
    proxyEnvironment: proxy === undefined ? environment : proxyVariables(proxy),
    localRepository:
      settings.flatMap((text) => value(text, 'localRepository') ?? [])[0] ??
      path.join(home, '.m2/repository'),
  };
}

/** The settings of Maven's installation, if there is one. */
function globalSettings({ MAVEN_HOME, M2_HOME, PATH = '' }: NodeJS.ProcessEnv): string[] {
  const program = PATH.split(path.delimiter)
    .map((folder) => path.join(folder, 'mvn'))
    .find((file) => existsSync(file));
  const home = MAVEN_HOME ?? M2_HOME ?? (program && path.dirname(path.dirname(realpathSync(program))));
  return home === undefined ? [] : [path.join(home, 'conf/settings.xml')];
}

/** The repository with the id `central` of a profile that is always active. */
const repositoryOfCentral = (settings: readonly string[]): string | undefined =>
  settings
    .flatMap((text) => {
      const active = elements(text, 'activeProfile').map((name) => name.trim());
      return elements(text, 'profile').filter(
        (profile) =>
          active.includes(value(profile, 'id') ?? '') || value(profile, 'activeByDefault') === 'true',
      );
    })
    .flatMap((profile) => elements(profile, 'repository'))
    .find((repository) => value(repository, 'id') === 'central');

/** https://maven.apache.org/guides/mini/guide-mirror-settings.html#advanced-mirror-specification */
function isMirrorOfCentral(mirrorOf: string): boolean {
  const patterns = mirrorOf.split(',').map((pattern) => pattern.trim());
  return (
    patterns.some((pattern) => ['*', 'central', 'external:*'].includes(pattern)) &&
    !patterns.includes('!central')
  );
}

function basicAuthorization(server: string): string | undefined {
  const [user, password] = [value(server, 'username'), value(server, 'password')];
  if (user === undefined || password === undefined) return undefined;
  if (/^\{.*\}$/.test(password)) {
    throw new ExpectedError(
      `The password of server "${value(server, 'id')}" in Maven's settings.xml is encrypted: allowed is one in plain text or from a variable, \${env.NAME}.`,
    );
  }
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function proxyVariables(proxy: string): MavenSettings['proxyEnvironment'] {
  const [user, password] = [value(proxy, 'username'), value(proxy, 'password')];
  const login =
    user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  const address = `http://${login}${value(proxy, 'host')}:${value(proxy, 'port') ?? '8080'}`;
  return {
    HTTPS_PROXY: address,
    HTTP_PROXY: address,
    NO_PROXY: value(proxy, 'nonProxyHosts')?.replaceAll('|', ','),
  };
}

const withVariables = (text: string, environment: NodeJS.ProcessEnv, home: string): string =>
  text
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/\$\{env\.(\w+)\}/g, (_all, name: string) => environment[name] ?? '')
    .replaceAll(/\$\{user\.home\}/g, () => home);

/** The contents of all elements of a name. None of the names that are asked for is nested in itself. */
const elements = (text: string, tag: string): string[] =>
  [...text.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, content = '']) => content);

const value = (text: string, tag: string): string | undefined =>
  elements(text, tag)[0]
    ?.trim()
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&') || undefined;
