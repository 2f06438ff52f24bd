import { z } from 'zod';
import { COMPRESSIONS, DEFAULT_COMPRESSION, MOST_SHARDS, userIdSchema } from '../lambda/shared/environment';

/** The one region of the pipeline: the first milestone of the project asks for it. */
export const REGION = 'us-east-1';

/** Availability Zones, and so copies of every message: three, so that one may fail and two still agree. */
export const ZONES = 3;

/** An object that refuses every field that is not in `shape`, and says which ones there are. */
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

const kafkaSchema = fields({
  /** Version of Kafka, as MSK names it; KRaft, so no ZooKeeper. The same 3.9 runs on the laptop. @default '3.9.x.kraft' */
  version: z.enum(['3.9.x.kraft']).default('3.9.x.kraft'),
  /** Type of a broker; a standard one, for express brokers bring their own storage. @default 'kafka.t3.small' */
  brokerType: z
    .string()
    .regex(
      /^kafka\.(t3|m5|m7g)\.[0-9a-z]+$/,
      'allowed: a standard broker such as kafka.t3.small or kafka.m7g.large',
    )
    .default('kafka.t3.small'),
  /** Number of brokers, evenly spread over the three zones; at most 9, as one alarm watches at most ten metrics. @default 3 */
  brokers: z.int().min(ZONES).max(9).multipleOf(ZONES).default(ZONES),
  /** Size of each broker's disk, in GiB; it can grow later, never shrink. @default 10 */
  volumeGiB: z.int().min(1).max(16_384).default(10),
  /** Partitions of each topic; it can grow later, never shrink, and growing it moves keys. @default 3 */
  partitions: z.int().min(1).max(1000).default(3),
  /**
   * Metrics of the brokers. `DEFAULT` is free and feeds all alarms but one; `PER_BROKER` is billed like custom metrics,
   * some forty for each broker, and adds the alarm for connections that were refused. @default 'DEFAULT'
   */
  monitoring: z.enum(['DEFAULT', 'PER_BROKER']).default('DEFAULT'),
});

const databaseSchema = z.discriminatedUnion(
  'mode',
  [
    /** A small RDS MariaDB 11.4 of the pipeline's own, filled with sample tables. */
    fields({
      mode: z.literal('provisioned').default('provisioned'),
      /** Rows in each sample table. @default 11154, about as many as the original tables have */
      sampleRows: z.int().min(0).max(1_000_000).default(11_154),
    }),
    /** A database that is already there; `npm run put-credentials` puts its login into the secret. */
    fields({
      mode: z.literal('existing'),
      /** Host name of the database. */
      host: z.string().regex(/^[A-Za-z0-9.-]+$/, 'allowed: a host name'),
      /** TCP port of the database. @default 3306 */
      port: z.int().min(1).max(65_535).default(3306),
      /** Name of the database (the schema that holds the three tables). */
      name: z.string().regex(/^\w{1,64}$/, 'allowed: 1 to 64 letters, digits and "_"'),
      /** The way there. */
      reach: z.discriminatedUnion(
        'via',
        [
          /** Over the internet, through a NAT gateway whose address is an output. */
          fields({ via: z.literal('internet') }),
          /** Through a peering connection with the VPC of this account and region that the database is in. */
          fields({
            via: z.literal('vpc'),
            /** The database's VPC. */
            vpcId: idOf('vpc'),
            /** Address range of that VPC; it must not overlap `vpcCidr`. */
            cidr,
            /** Route tables of the database's subnets; each gets a route back. */
            routeTableIds: z.array(idOf('rtb')).min(1),
            /** Security group of the database; it gets one rule, for the emitter. */
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
  /** Minutes from one run to the next. At most 50, since any hour without a run is an alarm. @default 5 */
  everyMinutes: z.int().min(2).max(50).default(5),
  /** Most posts (distinct keys) that one run emits. @default no limit */
  limit: z.int().positive().optional(),
  /**
   * Over how many runs at a time the keys of a backlog are split, each with a schedule, a transactional id and a
   * checkpoint of its own. It can change at any time. @default 1
   */
  shards: z.int().min(1).max(MOST_SHARDS).default(1),
  /** Memory of the function, in MB; CPU comes with it, a full one at 1,769. @default 1024 */
  memoryMB: z.int().min(512).max(10_240).default(1024),
  /**
   * Seconds after which Lambda ends a run; the emitter itself stops 20 s earlier. At least a minute less than
   * `everyMinutes`, because the schedule is exact to the minute and the next run would end this one. @default 240
   */
  timeoutSeconds: z.int().min(60).max(900).default(240),
  /** Codec of the messages. @default 'zstd' */
  compression: z.enum(COMPRESSIONS).default(DEFAULT_COMPRESSION),
}).refine(({ everyMinutes, timeoutSeconds }) => timeoutSeconds <= (everyMinutes - 1) * 60, {
  path: ['timeoutSeconds'],
  message: 'allowed: at most 60 × (everyMinutes − 1)',
});

/** The schema of the object `pipeline`, for what documents it; `parseConfig` checks against it. */
export const pipelineSchema = fields({
  /** Whose pipeline it is: the prefix of topics, and part of every other name. */
  userId: userIdSchema,
  /** The only region there is. @default 'us-east-1' */
  region: z.literal(REGION, { error: `allowed: ${REGION}` }).default(REGION),
  /** Name of the EC2 key pair that opens SSH to the Kafka client. @default `<userId>-key-pair` */
  keyPairName: z
    .string()
    .regex(/^[\w.-]{1,255}$/, 'allowed: 1 to 255 letters, digits, "_", "." and "-"')
    .optional(),
  /** Address ranges that may use SSH; Session Manager works from everywhere. @default none */
  sshCidrs: z
    .array(cidr.refine((range) => !range.endsWith('/0'), 'allowed: a range smaller than the whole internet'))
    .default([]),
  /**
   * Zones of the VPC. MSK cannot use the one whose id is use1-az3, and which name that is differs by account:
   * `npm run doctor` says it. @default ['us-east-1a', 'us-east-1b', 'us-east-1c']
   */
  availabilityZones: z
    .array(z.string().regex(/^us-east-1[a-f]$/, 'allowed: us-east-1a to us-east-1f'))
    .length(ZONES)
    .refine((zones) => new Set(zones).size === zones.length, 'allowed: three different zones')
    .default(['us-east-1a', 'us-east-1b', 'us-east-1c']),
  /** Address range of the VPC: /16, AWS's largest, to /20, the smallest that nine subnets fit into. @default '10.20.0.0/20' */
  vpcCidr: cidr
    .refine((range) => /\/(1[6-9]|20)$/.test(range), 'allowed: a range of /16 to /20')
    .default('10.20.0.0/20'),
  /** In how many zones the interface endpoint stands; each is billed, one serves all zones. @default 1 */
  endpointZones: z.int().min(1).max(ZONES).default(1),
  /** The MSK cluster. */
  kafka: kafkaSchema.prefault({}),
  /** The database that the three tables are in. @default { mode: 'provisioned' } */
  database: databaseSchema.prefault({ mode: 'provisioned' }),
  /** The function that copies the tables. */
  emitter: emitterSchema.prefault({}),
  /** Address that alarms are mailed to, once its owner has confirmed. @default none, alarms show on the dashboard only */
  alarmEmail: z.email({ error: 'allowed: an e-mail address' }).optional(),
  /** Tags of every resource, besides `Pipeline` and `UserId`. @default none */
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .refine(
      (tags) => !Object.keys(tags).some((name) => /^(aws:.*|Pipeline|UserId)$/i.test(name)),
      'allowed: other names than Pipeline, UserId and aws:…',
    )
    .default({}),
})
  .refine(({ vpcCidr, database }) => !overlap(vpcCidr, rangeOfPeer(database)), {
    path: ['database', 'reach', 'cidr'],
    message: 'allowed: a range that does not overlap vpcCidr',
  })
  .transform((config) => ({ ...config, keyPairName: config.keyPairName ?? `${config.userId}-key-pair` }));

const rangeOfPeer = (database: z.output<typeof databaseSchema>): string | undefined =>
  database.mode === 'existing' && database.reach.via === 'vpc' ? database.reach.cidr : undefined;

function overlap(one: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  const [a, b] = [one, other].map((range) => {
    const [address = '', bits] = range.split('/');
    const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const size = 2 ** (32 - Number(bits));
    const from = Math.floor(number / size) * size;
    return { from, to: from + size };
  }) as [{ from: number; to: number }, { from: number; to: number }];
  return a.from < b.to && b.from < a.to;
}
