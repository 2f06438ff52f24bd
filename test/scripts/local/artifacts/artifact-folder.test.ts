import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Artifact, repositoryPath } from '../../../../scripts/local/artifacts/artifact';
import { artifactFolder } from '../../../../scripts/local/artifacts/artifact-folder';
import { Downloader } from '../../../../scripts/local/artifacts/fetch-file';
import type { MavenSettings } from '../../../../scripts/local/artifacts/maven-settings';
import { type Progress, silentProgress } from '../../../../scripts/terminal/progress';

const CONTENT = Buffer.alloc(300_000, 'content ');
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
const ARTIFACT: Artifact = { coordinates: 'org.example:thing:1.0', sha256, bytes: CONTENT.length };
const PATH = 'org/example/thing/1.0/thing-1.0.jar';

let directory: string;
let servers: Server[];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'artifacts-'));
  servers = [];
});

afterEach(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(directory, { recursive: true });
});

/** A server on this machine; gives its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Downloads the file once, with the progress in bytes. */
async function fetchOnce(repository: string, more: Partial<MavenSettings> = {}): Promise<number> {
  const downloader = new Downloader(
    { repository, authorization: undefined, proxyEnvironment: {}, ...more },
    1,
  );
  let bytes = 0;
  try {
    await downloader.fetch({ path: PATH, sha256, file: path.join(directory, 'thing.jar') }, (more) => {
      bytes += more;
    });
    expect(readFileSync(path.join(directory, 'thing.jar')).equals(CONTENT)).toBe(true);
    return bytes;
  } finally {
    downloader.close();
  }
}

describe('a download', () => {
  test('goes on where the connection broke', async () => {
    const ranges: (string | undefined)[] = [];
    const repository = await serve(({ headers: { range } }, response) => {
      ranges.push(range);
      if (range === undefined) {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 300));
      } else response.writeHead(206).end(CONTENT.subarray(Number(range.match(/\d+/)?.[0])));
    });

    expect(await fetchOnce(repository)).toBe(CONTENT.length);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
  });

  test('begins again where the repository gives no parts, and where an earlier part is wrong', async () => {
    const repository = await serve((_request, response) => response.end(CONTENT));
    writeFileSync(path.join(directory, 'thing.jar.part'), 'begun');

    expect(await fetchOnce(repository)).toBe(CONTENT.length);

    const inParts = await serve(({ headers: { range } }, response) => {
      const from = Number(range?.match(/\d+/)?.[0] ?? 0);
      response.writeHead(range === undefined ? 200 : 206).end(CONTENT.subarray(from));
    });
    writeFileSync(path.join(directory, 'thing.jar.part'), 'begun');

    expect(await fetchOnce(inParts)).toBe(CONTENT.length);
  });

  test('is tried again while the repository is overloaded, and ends after five attempts', async () => {
    let requests = 0;
    const repository = await serve((_request, response) => {
      if (++requests % 3 === 0) response.end(CONTENT);
      else response.writeHead(503).end();
    });

    expect(await fetchOnce(repository)).toBe(CONTENT.length);

    const never = await serve((_request, response) => {
      requests++;
      response.writeHead(503).end();
    });
    requests = 0;
    await expect(fetchOnce(never)).rejects.toThrow(
      `${never}/${PATH} could not be downloaded: ${new URL(never).host} answered 503 Service Unavailable.`,
    );
    expect(requests).toBe(5);
  });

  test('is not tried again when it is refused', async () => {
    let requests = 0;
    const repository = await serve((_request, response) => {
      requests++;
      response.writeHead(401).end();
    });

    await expect(fetchOnce(repository)).rejects.toThrow('answered 401 Unauthorized');
    expect(requests).toBe(1);
  });

  test('of another content is thrown away', async () => {
    const repository = await serve((_request, response) => response.end('something else'));

    await expect(fetchOnce(repository)).rejects.toThrow(`instead of ${sha256}`);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('logs in at the repository, and not at the storage that it redirects to', async () => {
    const logins: (string | undefined)[] = [];
    const storage = await serve(({ headers }, response) => {
      logins.push(headers.authorization);
      response.end(CONTENT);
    });
    const repository = await serve(({ headers, url }, response) => {
      logins.push(headers.authorization);
      response.writeHead(302, { location: `${storage}${url}` }).end();
    });

    expect(await fetchOnce(repository, { authorization: 'Basic YTpi' })).toBe(CONTENT.length);
    expect(logins).toEqual(['Basic YTpi', undefined]);
  });

  test('goes by the proxy', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await serve(({ url }, response) => {
      asked.push(url);
      response.end(CONTENT);
    });
    const repository = 'http://repository.invalid/maven';

    expect(await fetchOnce(repository, { proxyEnvironment: { HTTP_PROXY: proxy } })).toBe(CONTENT.length);
    expect(asked).toEqual([`${repository}/${PATH}`]);
  });
});

describe('a folder of artifacts', () => {
  const build = async (folder: string, fileOf: (artifact: Artifact) => string): Promise<void> =>
    writeFileSync(path.join(folder, 'thing'), readFileSync(fileOf(ARTIFACT)));

  /** Asks for the folder; the notes and steps that it reports. */
  async function ask(repository: string, how: Partial<Parameters<typeof artifactFolder>[0]> = {}) {
    const told: string[] = [];
    const progress: Progress = {
      note: (text) => told.push(text),
      step: (text, total) => ({
        ...silentProgress.step(text),
        done: () => told.push(`${text} ${total ?? ''}`.trim()),
      }),
    };
    const settings = (): MavenSettings => ({
      repository,
      authorization: undefined,
      proxyEnvironment: {},
      localRepository: path.join(directory, 'repository'),
    });
    const folder = await artifactFolder(
      { content: 'a thing', artifacts: [ARTIFACT], directory: path.join(directory, 'things'), build, ...how },
      progress,
      settings,
      path.join(directory, 'downloads'),
    );
    return { folder, told };
  }

  const NOWHERE = 'http://127.0.0.1:1';

  test('is downloaded once, which is said with its size, and then nothing is', async () => {
    const repository = await serve((_request, response) => response.end(CONTENT));
    const { folder, told } = await ask(repository);

    expect(readFileSync(path.join(folder, 'thing')).equals(CONTENT)).toBe(true);
    expect(told).toEqual([
      expect.stringMatching(/^Downloading a thing from 127\.0\.0\.1:\d+, 1 MB, once; kept in .*downloads$/),
      'Downloading, MB 1',
      'Unpacking a thing',
    ]);
    expect(await ask(NOWHERE)).toEqual({ folder, told: [] });
  });

  test('takes the place of an earlier one, without another download', async () => {
    const repository = await serve((_request, response) => response.end(CONTENT));
    const { folder: earlier } = await ask(repository);
    const { folder, told } = await ask(NOWHERE, { inputs: ['another'] });

    expect(told).toEqual(['Unpacking a thing']);
    expect(existsSync(earlier)).toBe(false);
    expect(readdirSync(path.dirname(folder))).toEqual([path.basename(folder)]);
  });

  test('is built of what Maven has downloaded, if that is the same', async () => {
    const file = path.join(directory, 'repository', repositoryPath(ARTIFACT));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, CONTENT);
    expect((await ask(NOWHERE)).told).toEqual(['Unpacking a thing']);

    writeFileSync(file, 'changed');
    const repository = await serve((_request, response) => response.end(CONTENT));
    const { told } = await ask(repository, { inputs: ['another'] });
    expect(told).toContain('Downloading, MB 1');
  });

  test('is not there when its download or its build failed', async () => {
    const repository = await serve((_request, response) => response.writeHead(404).end());
    await expect(ask(repository)).rejects.toThrow(`${repository}/${PATH} could not be downloaded`);

    const whole = await serve((_request, response) => response.end(CONTENT));
    const failing = async (): Promise<void> => {
      throw new Error('no archive');
    };
    await expect(ask(whole, { build: failing })).rejects.toThrow(
      'a thing could not be unpacked:\nno archive',
    );
    expect((await ask(NOWHERE)).told).toEqual(['Unpacking a thing']);
  });
});
