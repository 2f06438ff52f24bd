import { App } from 'aws-cdk-lib';
import { parseConfig, readConfig } from '../../lib/config';

const existing = {
  mode: 'existing',
  host: 'db.example.com',
  name: 'posts',
  reach: { via: 'internet' },
};

const peer = {
  via: 'vpc',
  vpcId: 'vpc-0123456789abcdef0',
  cidr: '10.20.16.0/20',
  routeTableIds: ['rtb-0123456789abcdef0'],
  securityGroupId: 'sg-0123456789abcdef0',
};

describe('the configuration', () => {
  test('needs only a user id, and fills in every default', () => {
    expect(parseConfig({ userId: 'ada' })).toMatchInlineSnapshot(`
{
  "availabilityZoneIds": [
    "use1-az1",
    "use1-az2",
    "use1-az4",
  ],
  "database": {
    "backupDays": 7,
    "mode": "provisioned",
    "sampleRows": 11154,
  },
  "emitter": {
    "changes": "follow",
    "compression": "zstd",
    "everyMinutes": 5,
    "memoryMB": 1024,
    "shards": 1,
    "timeoutSeconds": 180,
  },
  "endpointZones": 1,
  "kafka": {
    "brokerType": "kafka.t3.small",
    "brokers": 3,
    "cleanupPolicy": "delete",
    "monitoring": "DEFAULT",
    "partitions": 3,
    "version": "3.9.x.kraft",
    "volumeGiB": 10,
  },
  "keyPairName": "ada-key-pair",
  "region": "us-east-1",
  "sshCidrs": [],
  "tags": {},
  "userId": "ada",
  "vpcCidr": "10.20.0.0/20",
}
`);
  });

  test('accepts an existing database, over the internet or in a VPC', () => {
    expect(parseConfig({ userId: 'ada', database: existing }).database).toEqual({ ...existing, port: 3306 });
    expect(parseConfig({ userId: 'ada', database: { ...existing, reach: peer } }).database).toMatchObject({
      reach: peer,
    });
  });

  test('takes zones in any order for the same', () => {
    expect(
      parseConfig({ userId: 'ada', availabilityZoneIds: ['use1-az6', 'use1-az1', 'use1-az4'] }),
    ).toMatchObject({ availabilityZoneIds: ['use1-az1', 'use1-az4', 'use1-az6'] });
  });

  test('accepts a user id that looks like a number from the command line', () => {
    const app = new App({ context: { 'pipeline.userId': '12e45', 'pipeline.tags.Course': '7' } });

    expect(readConfig(app.node.getAllContext())).toMatchObject({ userId: '12e45', tags: { Course: '7' } });
  });

  test('is read from context, and the command line takes precedence', () => {
    const app = new App({
      context: {
        pipeline: { userId: 'ada', kafka: { partitions: 6 } },
        'pipeline.userId': 'grace',
        'pipeline.kafka.brokers': '6',
        'pipeline.sshCidrs': '["203.0.113.7/32"]',
        'pipeline.emitter.compression': 'gzip',
      },
    });

    expect(readConfig(app.node.getAllContext())).toMatchObject({
      userId: 'grace',
      keyPairName: 'grace-key-pair',
      kafka: { brokers: 6, partitions: 6 },
      sshCidrs: ['203.0.113.7/32'],
      emitter: { compression: 'gzip' },
    });
  });

  test('keeps the other fields of an object when the command line sets one', () => {
    expect(readConfig({ pipeline: { userId: 'ada' }, 'pipeline.database.sampleRows': '7' }).database).toEqual(
      {
        mode: 'provisioned',
        sampleRows: 7,
        backupDays: 7,
      },
    );
  });

  test.each([
    [{ userId: 'a b' }, 'pipeline.userId is "a b": allowed: 1 to 32 letters'],
    [{}, 'pipeline.userId is not set'],
    [{ region: 'eu-west-1' }, 'pipeline.region is "eu-west-1": allowed: us-east-1'],
    [{ regoin: 'us-east-1' }, 'pipeline.regoin is "us-east-1": allowed fields: userId, region'],
    [{ sshCidrs: ['0.0.0.0/0'] }, 'pipeline.sshCidrs.0 is "0.0.0.0/0": allowed: a range smaller'],
    [{ sshCidrs: ['home'] }, 'pipeline.sshCidrs.0 is "home": allowed: an IPv4 range'],
    [{ availabilityZoneIds: ['use1-az1', 'use1-az1', 'use1-az2'] }, 'allowed: three different zones'],
    [
      { availabilityZoneIds: ['use1-az1', 'use1-az2', 'use1-az3'] },
      'pipeline.availabilityZoneIds.2 is "use1-az3": allowed: use1-az1, use1-az2, use1-az4, use1-az5, use1-az6',
    ],
    [
      { availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
      'pipeline.availabilityZones is ["us-east-1a","us-east-1b","us-east-1c"]: write availabilityZoneIds',
    ],
    [{ kafka: { version: '2.8.1' } }, 'pipeline.kafka.version is "2.8.1": allowed: 3.9.x.kraft, 4.0.x.kraft'],
    [{ kafka: { brokers: 'x' } }, 'pipeline.kafka.brokers is "x": allowed: a number'],
    [{ kafka: 3 }, 'pipeline.kafka is 3: allowed: an object with fields'],
    [{ vpcCidr: '10.0.0.0/28' }, 'pipeline.vpcCidr is "10.0.0.0/28": allowed: a range of /16 to /20'],
    [{ vpcCidr: '999.0.0.0/20' }, 'pipeline.vpcCidr is "999.0.0.0/20": allowed: an IPv4 range'],
    [{ tags: { UserId: 'grace' } }, 'allowed: other names than Pipeline, UserId'],
    [{ database: { ...existing, host: undefined } }, 'pipeline.database.host is not set: allowed: a string'],
    [
      { database: { ...existing, reach: { ...peer, cidr: '10.20.8.0/24' } } },
      'pipeline.database.reach.cidr is "10.20.8.0/24": allowed: a range that does not overlap vpcCidr',
    ],
    [{ kafka: { brokers: 4 } }, 'pipeline.kafka.brokers is 4: allowed: a multiple of 3'],
    [{ kafka: { brokerType: 'express.m7g.large' } }, 'allowed: a standard broker'],
    [{ emitter: { timeoutSeconds: 250 } }, 'pipeline.emitter.timeoutSeconds is 250: allowed: at most 60'],
    [
      { emitter: { shards: 2, timeoutSeconds: 240 } },
      'pipeline.emitter.timeoutSeconds is 240: allowed with several shards',
    ],
    [{ emitter: { everyMinutes: 90 } }, 'pipeline.emitter.everyMinutes is 90: allowed: at most 50'],
    [{ emitter: { compression: 'snappy' } }, 'pipeline.emitter.compression is "snappy"'],
    [{ emitter: { changes: 'none' } }, 'pipeline.emitter.changes is "none": allowed: follow, copy'],
    [
      { kafka: { cleanupPolicy: 'none' } },
      'pipeline.kafka.cleanupPolicy is "none": allowed: delete, compact',
    ],
    [{ database: { backupDays: 0 } }, 'pipeline.database.backupDays is 0: allowed: at least 1'],
    [
      { database: { mode: 'none' } },
      'pipeline.database.mode is "none": allowed: "provisioned" or "existing"',
    ],
    [{ database: { ...existing, reach: { via: 'vpc' } } }, 'pipeline.database.reach.vpcId is not set'],
    [{ alarmEmail: 'ada' }, 'pipeline.alarmEmail is "ada": allowed: an e-mail address'],
  ])('refuses %j and says what is allowed', (wrong, message) => {
    expect(() =>
      parseConfig(message.startsWith('pipeline.userId') ? wrong : { userId: 'ada', ...wrong }),
    ).toThrow(message);
  });
});
