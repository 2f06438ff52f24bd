import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');

const sourceOf = (file: string): string => readFileSync(path.join(PROJECT, `${file}.ts`), 'utf8');

/** What a file imports: files of the project by their path without ending, packages by name. */
const importsOf = (file: string): string[] =>
  [...sourceOf(file).matchAll(/(?:\bfrom |^import |\brequire\()'([^'\s]+)'/gm)].map(([, name = '']) =>
    name.startsWith('.') ? path.join(path.dirname(file), name) : name,
  );

/** Everything that a file brings along, through whatever other files of the project. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  for (const name of importsOf(file)) {
    if (reached.has(name)) continue;
    reached.add(name);
    if (name.startsWith('lambda/')) reachedFrom(name, reached);
  }
  return reached;
}

const files = readdirSync(path.join(PROJECT, 'lambda'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => path.join('lambda', name.slice(0, -'.ts'.length)));

/** The first two folders of a path: `lambda/emitter`. */
const roomOf = (file: string): string => file.split('/').slice(0, 2).join('/');

test.each(files)('%s imports its own function, what functions share, and packages', (file) => {
  const strangers = importsOf(file)
    .filter((name) => /^(bin|lib|scripts|test|lambda)\//.test(name))
    .filter((name) => ![roomOf(file), 'lambda/shared'].includes(roomOf(name)));

  expect(strangers).toEqual([]);
});

/** The use case and what it is made of; drivers and SDKs are behind its ports. */
const CORE = [
  ...['emit', 'session', 'retry', 'primary', 'shard', 'copy-rows', 'ranges', 'chunks', 'messages'],
  ...['unkeyed', 'dead-letters', 'ports', 'event', 'summary'],
];

test.each(CORE)('the core of the emitter, %s, brings along no driver and no SDK', (name) => {
  const packages = [...reachedFrom(`lambda/emitter/${name}`)].filter(
    (reached) => !reached.startsWith('lambda/'),
  );

  expect(packages.filter((reached) => reached !== 'zod' && !reached.startsWith('node:'))).toEqual([]);
});

test('only the handlers read environment variables', () => {
  const readers = files.filter((file) => sourceOf(file).includes('process.env'));

  expect(readers.filter((file) => path.basename(file) !== 'handler')).toEqual([]);
});

test('no import has an effect: no file is imported for nothing but that', () => {
  const bare = files.filter((file) => /^import '/m.test(sourceOf(file)));

  expect(bare).toEqual([]);
});

test('the Kafka client is changed by the one call that says so, and by no import', () => {
  jest.isolateModules(() => {
    const { CompressionCodecs, CompressionTypes } = require('kafkajs') as typeof import('kafkajs');
    const { requests } = require('kafkajs/src/protocol/requests');
    const broker = require('kafkajs/src/broker');
    const pool = require('kafkajs/src/cluster/brokerPool');
    const state = () => [
      CompressionCodecs[CompressionTypes.ZSTD],
      CompressionCodecs[CompressionTypes.Snappy],
      requests.Produce,
      broker.prototype.fetch,
      pool.prototype.withBroker,
      process.emitWarning,
    ];
    const before = state();

    for (const file of files.filter((name) => !name.endsWith('/handler'))) require(path.join(PROJECT, file));
    expect(state()).toEqual(before);

    const { installKafkaPatches } = require('../../lambda/shared/kafka/kafka-patches');
    installKafkaPatches();
    const patched = state();
    for (const [index, value] of patched.entries()) expect(value).not.toBe(before[index]);

    installKafkaPatches();
    expect(state()).toEqual(patched);
  });
});
