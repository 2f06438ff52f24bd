import { z } from 'zod';
import {
  CHANGES,
  COMPRESSIONS,
  DEFAULT_CHANGES,
  DEFAULT_COMPRESSION,
  MOST_SHARDS,
  userIdSchema,
} from '../lambda/shared/environment';
import { overlap } from './address-range';
import { ZONE_IDS } from './subnets';

/** The only region that the pipeline is made for, as the original project requires. */
export const REGION = 'us-east-1';

/** Number of Availability Zones, and so of copies of every message. With three, one zone can fail and two still agree. */
export const ZONES = 3;

/** Creates an object schema that rejects unknown fields and lists the allowed ones. */
const fields = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `allowed fields: ${Object.keys(shape).join(', ')}` : undefined,
  });

const cidr = z.cidrv4('allowed: an IPv4 range such as 203.0.113.7/32');

const idOf = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `allowed: ${prefix}- and 8 to 17 hexadecimal digits`);

/** Versions that MSK offers as KRaft, of those that the emitter's Kafka client works with. */
const KAFKA_VERSIONS = ['3.9.x.kraft', '4.0.x.kraft', '4.1.x.kraft', '4.2.x.kraft'] as const;

const kafkaSchema = fields({
  /**
   * Kafka version, as MSK names it. It can be raised later but not lowered. KRaft needs no ZooKeeper. `npm start` runs 3.9;
   * the tests run with each of the others by `LOCAL_KAFKA_VERSION`. @default '3.9.x.kraft'
   */
  version: z.enum(KAFKA_VERSIONS).default('3.9.x.kraft'),
  /** Broker type. Express brokers are not allowed, because they manage their own storage. @default 'kafka.t3.small' */
  brokerType: z
    .string()
    .regex(
      /^kafka\.(t3|m5|m7g)\.[0-9a-z]+$/,
      'allowed: a standard broker such as kafka.t3.small or kafka.m7g.large',
    )
    .default('kafka.t3.small'),
  /** Number of brokers, spread evenly over three zones. At most 9, because an alarm can watch at most ten metrics. @default 3 */
  brokers: z.int().min(ZONES).max(9).multipleOf(ZONES).default(ZONES),
  /** Disk size of each broker, in GiB. It can grow later but not shrink. @default 10 */
  volumeGiB: z.int().min(1).max(16_384).default(10),
  /** Number of partitions of each topic. It can grow later but not shrink. Growing it moves keys to other partitions. @default 3 */
  partitions: z.int().min(1).max(1000).default(3),
  /**
   * Monitoring level of the brokers. `DEFAULT` is free and feeds all alarms except one. `PER_BROKER` adds the alarm for
   * refused connections, and about fifty metrics per broker that are billed as custom metrics. @default 'DEFAULT'
   */
  monitoring: z.enum(['DEFAULT', 'PER_BROKER']).default('DEFAULT'),
  /**
   * Cleanup policy of the topics of the tables. `compact` keeps the newest record of each key only: rows that share a key
   * are lost. The dead-letter topic keeps everything. @default 'delete', which deletes nothing, because retention is unlimited
   */
  cleanupPolicy: z.enum(['delete', 'compact']).default('delete'),
});

const databaseSchema = z.discriminatedUnion(
  'mode',
  [
    /** A small RDS MariaDB 11.4 instance that the pipeline creates and fills with sample tables. */
    fields({
      mode: z.literal('provisioned').default('provisioned'),
      /** Number of rows in each sample table. @default 11154, about the size of the original tables */
      sampleRows: z.int().min(0).max(1_000_000).default(11_154),
      /**
       * Days that RDS keeps backups for. Without backups there is no log of changes. An account on AWS's free plan may have
       * 1 only. @default 7
       */
      backupDays: z.int().min(1).max(35).default(7),
    }),
    /** A database that exists already. `npm run put-credentials` copies its credentials to the secret. */
    fields({
      mode: z.literal('existing'),
      /** Host name of the database. */
      host: z.string().regex(/^[A-Za-z0-9.-]+$/, 'allowed: a host name'),
      /** TCP port of the database. @default 3306 */
      port: z.int().min(1).max(65_535).default(3306),
      /** Name of the database (the schema that holds the three tables). */
      name: z.string().regex(/^\w{1,64}$/, 'allowed: 1 to 64 letters, digits and "_"'),
      /** Network path to the database. */
      reach: z.discriminatedUnion(
        'via',
        [
          /** Over the internet, through a NAT gateway. The gateway's address is a stack output. */
          fields({ via: z.literal('internet') }),
          /** Over VPC peering. The database's VPC is in the same account and region. */
          fields({
            via: z.literal('vpc'),
            /** VPC of the database. */
            vpcId: idOf('vpc'),
            /** Address range of that VPC; it must not overlap `vpcCidr`. */
            cidr,
            /** Route tables of the database's subnets. Each gets a route to the pipeline's VPC. */
            routeTableIds: z.array(idOf('rtb')).min(1),
            /** Security group of the database. It gets a rule for each function that reads the database. */
            securityGroupId: idOf('sg'),
          }),
        ],
        { error: 'allowed: "internet" or "vpc"' },
      ),
    }),
  ],
  { error: 'allowed: "provisioned" or "existing"' },
);

const emitterSchema = fields({
  /** Minutes between two runs. At most 50, because an hour without a run is an alarm. @default 5 */
  everyMinutes: z.int().min(2).max(50).default(5),
  /** Maximum number of posts (distinct keys) per run. @default no limit */
  limit: z.int().positive().optional(),
  /**
   * Number of concurrent runs that share the keys of a backlog. Each shard has its own schedule, transactional id and
   * checkpoint. It can change at any time. @default 1
   */
  shards: z.int().min(1).max(MOST_SHARDS).default(1),
  /** Memory of the function, in MB. CPU grows with it: 1,769 MB come with one core. @default 1024 */
  memoryMB: z.int().min(512).max(10_240).default(1024),
  /**
   * Timeout of the function, in seconds. The emitter stops 20 s before it. It must be at least a minute shorter than
   * `everyMinutes`: the schedule is exact only to the minute, and the next run would fence this one. With several shards it
   * must be two minutes shorter, because they start spread over a minute. @default 180
   */
  timeoutSeconds: z.int().min(60).max(900).default(180),
  /** Compression codec of the messages. @default 'zstd' */
  compression: z.enum(COMPRESSIONS).default(DEFAULT_COMPRESSION),
  /**
   * Whether the topics follow updates and deletes. `copy` never reads the log of the database, and copies each row once.
   * @default 'follow'
   */
  changes: z.enum(CHANGES).default(DEFAULT_CHANGES),
})
  .refine(({ everyMinutes, timeoutSeconds }) => timeoutSeconds <= (everyMinutes - 1) * 60, {
    path: ['timeoutSeconds'],
    message: 'allowed: at most 60 × (everyMinutes − 1)',
  })
  .refine(
    ({ everyMinutes, timeoutSeconds, shards }) => shards === 1 || timeoutSeconds <= (everyMinutes - 2) * 60,
    {
      path: ['timeoutSeconds'],
      message:
        'allowed with several shards, which start spread over a minute: at most 60 × (everyMinutes − 2)',
    },
  );

/** Schema of the object `pipeline`. `parseConfig` validates with it, and a test compares lib/README.md with it. */
export const pipelineSchema = fields({
  /** User id of the pipeline's owner: the prefix of the topics, and a part of every other name. */
  userId: userIdSchema,
  /** AWS region. No other one is allowed. @default 'us-east-1' */
  region: z.literal(REGION, { error: `allowed: ${REGION}` }).default(REGION),
  /** Name of the EC2 key pair for SSH to the Kafka client. @default `<userId>-key-pair` */
  keyPairName: z
    .string()
    .regex(/^[\w.-]{1,255}$/, 'allowed: 1 to 255 letters, digits, "_", "." and "-"')
    .optional(),
  /** Address ranges that may use SSH. Session Manager works from everywhere. @default none */
  sshCidrs: z
    .array(cidr.refine((range) => !range.endsWith('/0'), 'allowed: a range smaller than the whole internet'))
    .default([]),
  /**
   * Ids of the Availability Zones of the VPC, in any order. MSK has no brokers in use1-az3. An id means the same zone in
   * every account, a name does not. The zones of a deployed pipeline cannot change.
   * @default ['use1-az1', 'use1-az2', 'use1-az4']
   */
  availabilityZoneIds: z
    .array(z.enum(ZONE_IDS))
    .length(ZONES)
    .refine((zones) => new Set(zones).size === zones.length, 'allowed: three different zones')
    .default(['use1-az1', 'use1-az2', 'use1-az4'])
    // Their order means nothing, but a cluster whose subnets are in another order would be replaced.
    .transform((zones) => zones.toSorted()),
  /** Address range of the VPC, from /16 (the largest that AWS allows) to /20 (sixteen ranges of /24). @default '10.20.0.0/20' */
  vpcCidr: cidr
    .refine((range) => /\/(1[6-9]|20)$/.test(range), 'allowed: a range of /16 to /20')
    .default('10.20.0.0/20'),
  /** Number of zones with an interface endpoint. Each one is billed, and one is enough for all zones. @default 1 */
  endpointZones: z.int().min(1).max(ZONES).default(1),
  /** MSK cluster. */
  kafka: kafkaSchema.prefault({}),
  /** Database with the three tables. @default { mode: 'provisioned' } */
  database: databaseSchema.prefault({ mode: 'provisioned' }),
  /** Function that copies the tables. */
  emitter: emitterSchema.prefault({}),
  /** E-mail address for alarms. Its owner must confirm the subscription. @default none: alarms are visible in CloudWatch only */
  alarmEmail: z.email({ error: 'allowed: an e-mail address' }).optional(),
  /** Tags of every resource, in addition to `Pipeline` and `UserId`. @default none */
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .refine(
      (tags) => !Object.keys(tags).some((name) => /^(aws:.*|Pipeline|UserId)$/i.test(name)),
      'allowed: other names than Pipeline, UserId and aws:…',
    )
    .default({}),
})
  .refine(({ vpcCidr, database }) => !isOverlapped(vpcCidr, rangeOfPeer(database)), {
    path: ['database', 'reach', 'cidr'],
    message: 'allowed: a range that does not overlap vpcCidr',
  })
  .transform((config) => ({ ...config, keyPairName: config.keyPairName ?? `${config.userId}-key-pair` }));

const rangeOfPeer = (database: z.output<typeof databaseSchema>): string | undefined =>
  database.mode === 'existing' && database.reach.via === 'vpc' ? database.reach.cidr : undefined;

const isOverlapped = (range: string, other: string | undefined): boolean =>
  other !== undefined && overlap(range, other);
