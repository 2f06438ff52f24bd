import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ExpectedError } from '../../terminal/expected-error';
import type { MavenSettings } from './maven-settings';

/** Attempts for one file. */
const ATTEMPTS = 5;

/** Pause before the second attempt, in milliseconds; it doubles with each. */
const PAUSE_MS = 500;

/** Timeout for the next bytes of a connection, in milliseconds. */
const IDLE_MS = 30_000;

/** Most redirections of one request. */
const REDIRECTIONS = 5;

/** First version of Node whose agents take a proxy. https://nodejs.org/api/http.html#new-agentoptions */
const PROXY_NODE = [24, 5] as const;

/** Repository, login and proxy of downloads. */
export type Source = Pick<MavenSettings, 'repository' | 'authorization' | 'proxyEnvironment'>;

/** A file with its content, by checksum. */
export interface WantedFile {
  /** Path in the repository. */
  readonly path: string;
  readonly sha256: string;
  /** Absolute path of the copy. It gets this name when it is complete; until then it ends in `.part`. */
  readonly file: string;
}

/** An answer that another attempt would not change. */
class RefusedError extends ExpectedError {}

/**
 * Downloads files over kept connections.
 *
 * @throws Error when the environment names a proxy and Node is too old for one.
 */
export class Downloader {
  private readonly agents: Readonly<Record<string, http.Agent>>;
  private isClosed = false;

  constructor(
    private readonly source: Source,
    /** @default {@link PAUSE_MS} */
    private readonly pauseMs = PAUSE_MS,
  ) {
    const options = { keepAlive: true, proxyEnv: proxyOf(source) };
    this.agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  }

  /**
   * Downloads a file, and continues where an earlier attempt or an earlier run was interrupted.
   *
   * @param onBytes takes the bytes that have come; a negative number when they were thrown away.
   * @throws ExpectedError with the address when it is refused, fails five times, or has another checksum.
   */
  async fetch({ path, sha256, file }: WantedFile, onBytes: (bytes: number) => void): Promise<void> {
    const url = `${this.source.repository}/${path}`;
    const part = `${file}.part`;
    let counted = 0;
    const countTo = (bytes: number): void => {
      onBytes(bytes - counted);
      counted = bytes;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        await this.append(url, part, countTo);
        const found = await sha256Of(part);
        if (found === sha256) return renameSync(part, file);
        rmSync(part);
        throw new Error(`its SHA-256 is ${found} instead of ${sha256}`);
      } catch (error) {
        const reason =
          error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : error;
        if (this.isClosed || attempt === ATTEMPTS || error instanceof RefusedError || isDiskFull(error)) {
          throw new ExpectedError(`${url} could not be downloaded: ${reason}.`, { cause: error });
        }
        await delay(this.pauseMs * 2 ** (attempt - 1));
      }
    }
  }

  /** Closes the connections; what is being downloaded fails. */
  close(): void {
    this.isClosed = true;
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async append(url: string, part: string, countTo: (bytes: number) => void): Promise<void> {
    const from = sizeOf(part);
    const response = await this.request(new URL(url), from);
    // 416: nothing is left; whether that is right, the checksum says.
    if (response.statusCode === 416) return void response.resume();
    const isContinued = response.statusCode === 206;
    let bytes = isContinued ? from : 0;
    countTo(bytes);
    response.on('data', (more: Buffer) => {
      bytes += more.length;
      countTo(bytes);
    });
    await pipeline(response, createWriteStream(part, { flags: isContinued ? 'a' : 'w' }));
  }

  private async request(url: URL, from: number, redirections = REDIRECTIONS): Promise<http.IncomingMessage> {
    const isOwnHost = url.host === new URL(this.source.repository).host;
    const { authorization } = this.source;
    const headers = {
      ...(from > 0 && { range: `bytes=${from}-` }),
      // For the repository only, not for the storage that it redirects to.
      ...(isOwnHost && authorization !== undefined && { authorization }),
    };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const { get } = url.protocol === 'http:' ? http : https;
      const request = get(url, { agent: this.agents[url.protocol], headers, timeout: IDLE_MS }, resolve);
      request.on('timeout', () => request.destroy(new Error(`no byte came for ${IDLE_MS / 1_000} s`)));
      request.on('error', reject);
    });
    const { statusCode = 0, headers: answered } = response;
    if ([200, 206, 416].includes(statusCode)) return response;
    response.resume();
    if ([301, 302, 303, 307, 308].includes(statusCode) && answered.location !== undefined && redirections > 0)
      return await this.request(new URL(answered.location, url), from, redirections - 1);
    const answer = `${url.host} answered ${statusCode} ${response.statusMessage ?? ''}`.trim();
    throw statusCode >= 500 || statusCode === 429 || statusCode === 408
      ? new Error(answer)
      : new RefusedError(answer);
  }
}

/** The SHA-256 of a file, in hexadecimal digits. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function proxyOf({ proxyEnvironment, repository }: Source): Source['proxyEnvironment'] {
  const of = (name: string): string | undefined =>
    proxyEnvironment[name.toLowerCase()] || proxyEnvironment[name] || undefined;
  const proxy = of(repository.startsWith('http:') ? 'HTTP_PROXY' : 'HTTPS_PROXY');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (proxy !== undefined && (major < PROXY_NODE[0] || (major === PROXY_NODE[0] && minor < PROXY_NODE[1]))) {
    throw new ExpectedError(
      `A proxy is set, and Node ${process.versions.node} cannot download by one: Node ${PROXY_NODE.join('.')} or newer is needed.`,
    );
  }
  return proxyEnvironment;
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOSPC';
