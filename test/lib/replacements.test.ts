import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALL_MS, linterPrograms } from './linter-programs';
import { type CreateOnly, createOnlyOf, replacedTypes } from './replacements';
import { CONFIGURATIONS, synthesize } from './synthesize';

/** Types that hold something of value, with the words of lib/README.md for them. */
const STATEFUL: Readonly<Record<string, string>> = {
  'AWS::EC2::KeyPair': 'the key pair',
  'AWS::MSK::Cluster': 'the cluster',
  'AWS::MSK::Topic': 'the topics',
  'AWS::RDS::DBInstance': 'the database',
  'AWS::SecretsManager::Secret': 'the secrets',
};

const { provisioned, internet, vpc } = CONFIGURATIONS;
const peer = vpc.database.reach;

/** Another value of each field, with the configuration that has the field. All other fields keep their values. */
const CHANGES: readonly [field: string, before: object, after: object][] = [
  ['keyPairName', provisioned, { ...provisioned, keyPairName: 'other' }],
  ['sshCidrs', provisioned, { ...provisioned, sshCidrs: [] }],
  [
    'availabilityZoneIds',
    provisioned,
    { ...provisioned, availabilityZoneIds: ['use1-az1', 'use1-az2', 'use1-az6'] },
  ],
  ['vpcCidr', provisioned, { ...provisioned, vpcCidr: '10.30.0.0/20' }],
  ['endpointZones', provisioned, { ...provisioned, endpointZones: 2 }],
  ['kafka.version', provisioned, { ...provisioned, kafka: { version: '4.2.x.kraft' } }],
  ['kafka.brokerType', provisioned, { ...provisioned, kafka: { brokerType: 'kafka.m7g.large' } }],
  ['kafka.brokers', provisioned, { ...provisioned, kafka: { brokers: 6 } }],
  ['kafka.volumeGiB', provisioned, { ...provisioned, kafka: { volumeGiB: 20 } }],
  ['kafka.partitions', provisioned, { ...provisioned, kafka: { partitions: 6 } }],
  ['kafka.monitoring', provisioned, { ...provisioned, kafka: { monitoring: 'PER_BROKER' } }],
  ['kafka.cleanupPolicy', provisioned, { ...provisioned, kafka: { cleanupPolicy: 'compact' } }],
  ['database.mode', provisioned, { ...provisioned, database: internet.database }],
  ['database.sampleRows', provisioned, { ...provisioned, database: { sampleRows: 7 } }],
  ['database.backupDays', provisioned, { ...provisioned, database: { backupDays: 1 } }],
  ['database.host', vpc, { ...vpc, database: { ...vpc.database, host: 'other.example.com' } }],
  ['database.port', vpc, { ...vpc, database: { ...vpc.database, port: 3308 } }],
  ['database.name', vpc, { ...vpc, database: { ...vpc.database, name: 'other' } }],
  ['database.reach.via', vpc, { ...vpc, database: { ...vpc.database, reach: { via: 'internet' } } }],
  [
    'database.reach.cidr',
    vpc,
    { ...vpc, database: { ...vpc.database, reach: { ...peer, cidr: '10.98.0.0/16' } } },
  ],
  ['emitter.shards', provisioned, { ...provisioned, emitter: { shards: 2, timeoutSeconds: 180 } }],
  ['emitter.changes', provisioned, { ...provisioned, emitter: { changes: 'copy' } }],
  ['alarmEmail', provisioned, { ...provisioned, alarmEmail: 'grace@example.com' }],
  ['tags', provisioned, { ...provisioned, tags: { Course: 'other' } }],
];

/** Fields that are not changed here. */
const UNCHANGED = [
  // Another pipeline.
  'userId',
  // The only value.
  'region',
  // Of the way to somebody else's database.
  'database.reach.vpcId',
  'database.reach.routeTableIds',
  'database.reach.securityGroupId',
  // Of the function.
  'emitter.everyMinutes',
  'emitter.limit',
  'emitter.memoryMB',
  'emitter.timeoutSeconds',
  'emitter.compression',
];

let createOnly: CreateOnly;

beforeAll(async () => {
  const programs = await linterPrograms();
  createOnly = createOnlyOf(programs, Object.values(CONFIGURATIONS).map(synthesize));
}, INSTALL_MS);

const readme = readFileSync(join(__dirname, '../../lib/README.md'), 'utf8');

/** What lib/README.md says that a change of a field replaces: `Replaces the cluster, the topics.` */
const saidOf = (field: string): string[] => {
  const [, row = ''] =
    new RegExp(`^\\| \`${field.replaceAll('.', '\\.')}\` \\|(.*)$`, 'm').exec(readme) ?? [];
  return /\*\*A change replaces ([^*]+)\*\*/.exec(row)?.[1]?.split(', ') ?? [];
};

test.each(CHANGES)('a change of %s replaces what lib/README.md says', (field, before, after) => {
  const replaced = replacedTypes(synthesize(before), synthesize(after), createOnly);

  expect(replaced.flatMap((type) => STATEFUL[type] ?? [])).toEqual(saidOf(field));
});

test('every field of the table is changed here, except those that no stateful resource can depend on', () => {
  const [, table = ''] = readme.split(/^## Configuration$/m);
  const fields = [...(table.split(/^#{2,3} /m)[0] ?? '').matchAll(/^\| `([\w.]+)` \|/gm)].map(
    ([, name]) => name,
  );

  expect(fields.filter((name) => !CHANGES.some(([field]) => field === name))).toEqual(UNCHANGED);
});

test('nothing else in lib/README.md is said to replace something', () => {
  const fields = [...readme.matchAll(/^\| `([\w.]+)` \|.*\*\*A change replaces/gm)].map(([, field]) => field);

  expect(CHANGES.map(([field]) => field)).toEqual(expect.arrayContaining(fields));
});
