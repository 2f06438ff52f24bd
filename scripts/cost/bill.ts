import { METRICS } from '../../lambda/shared/metric-names';
import { emitterAlarms, kafkaAlarmMetrics } from '../../lib/alarms';
import type { EmitterConfig, PipelineConfig } from '../../lib/config';
import { STACKS, type StackId } from '../../lib/names';
import {
  CLIENT_DISK_GIB,
  CLIENT_INSTANCE_TYPE,
  DATABASE_INSTANCE_TYPE,
  DATABASE_STORAGE_GIB,
  MB_PER_CORE,
} from '../../lib/stack-sizes';
import { grouped } from '../terminal/grouped';
import { metricsPerBroker } from './broker-metrics';
import { EMITTER_MEASUREMENT, type EmitterMeasurement } from './emitter-measurement';
import { isVerified, PRICES, type Price, type PriceName, priceOfBroker } from './prices';

const DATABASE_CLASS = `db.${DATABASE_INSTANCE_TYPE}` as const;

/** Hours of a month, as AWS's own calculator counts them. */
export const HOURS_A_MONTH = 730;

/** Billed item. */
export interface BillLine {
  readonly stack: StackId;
  readonly what: string;
  /** CloudFormation type of the resource that causes it. */
  readonly resourceType: string;
  /** Units a month; absent for items billed by use, which no configuration determines. */
  readonly quantity?: number;
  /** Absent if it is unknown. */
  readonly price?: Price;
  /** Dollars; absent when the quantity or the price is, or the price is not verified. */
  readonly monthly?: number;
  readonly hourly?: number;
}

/** Dollars that accrue with time, whether rows flow or not. */
export interface Total {
  readonly monthly: number;
  readonly hourly: number;
}

/** Lambda's cost of rows, on top of the runs that find none. */
export interface EmittingCost {
  /** Dollars for a million rows. */
  readonly perMillionRows: number;
  /** Measured seconds, or the CPU seconds divided by the cores that come with the memory, whichever is longer. */
  readonly secondsPerMillionRows: number;
  readonly memoryMB: number;
  /** Cores that come with the memory. */
  readonly cores: number;
  /** Source of the seconds. */
  readonly measurement: EmitterMeasurement;
}

/** Cost of a configuration on AWS. */
export interface Bill extends Total {
  readonly lines: readonly BillLine[];
  readonly stacks: readonly ({ readonly stack: StackId } & Total)[];
  readonly emitting: EmittingCost;
}

/**
 * Calculates the cost of a configuration on AWS. Lines without a quantity or a verified price are not in the totals.
 *
 * @param measurement time that the emitter takes
 */
export function billOf(config: PipelineConfig, measurement = EMITTER_MEASUREMENT): Bill {
  const lines = STACKS.flatMap((stack) =>
    CHARGES[stack](config, measurement).map((charge) => ({ stack, ...charge })),
  );
  return {
    lines,
    stacks: STACKS.map((stack) => ({ stack, ...totalOf(lines.filter((line) => line.stack === stack)) })),
    ...totalOf(lines),
    emitting: emittingCost(config.emitter, measurement),
  };
}

type Charge = Omit<BillLine, 'stack'>;

const CHARGES: Readonly<
  Record<StackId, (config: PipelineConfig, measurement: EmitterMeasurement) => Charge[]>
> = {
  Network: ({ database, endpointZones }) => [
    ...(database.mode === 'existing' && database.reach.via === 'internet'
      ? [
          charge('AWS::EC2::NatGateway', 'NAT gateway', 'NAT gateway', HOURS_A_MONTH),
          charge('AWS::EC2::EIP', 'Public address of the NAT gateway', 'public IPv4 address', HOURS_A_MONTH),
          charge('AWS::EC2::NatGateway', 'Traffic through the NAT gateway', 'NAT gateway traffic'),
        ]
      : [
          charge(
            'AWS::EC2::VPCEndpoint',
            `Endpoint of Secrets Manager, in ${count(endpointZones, 'zone')}`,
            'interface endpoint',
            endpointZones * HOURS_A_MONTH,
          ),
          charge('AWS::EC2::VPCEndpoint', 'Traffic through the endpoint', 'interface endpoint traffic'),
        ]),
    charge('AWS::EC2::VPC', 'Traffic between zones', 'transfer between zones'),
    charge('AWS::EC2::FlowLog', 'Log of refused connections', 'log ingestion'),
    charge('AWS::Logs::LogGroup', 'Keeping it for two weeks', 'log storage'),
    charge('AWS::Lambda::Function', 'Function that runs in a deployment', 'Lambda duration, arm64'),
    charge('AWS::SNS::Topic', 'Mails of alarms', 'e-mail'),
  ],

  KafkaCluster: ({ kafka }) => [
    costs(
      'AWS::MSK::Cluster',
      `${kafka.brokers} brokers ${kafka.brokerType}`,
      priceOfBroker(kafka.brokerType),
      kafka.brokers * HOURS_A_MONTH,
    ),
    charge(
      'AWS::MSK::Cluster',
      `${kafka.brokers} disks of ${kafka.volumeGiB} GiB`,
      'broker storage',
      kafka.brokers * kafka.volumeGiB,
    ),
    ...(kafka.monitoring === 'PER_BROKER'
      ? [
          charge(
            'AWS::MSK::Cluster',
            `Metrics of PER_BROKER, ${metricsPerBroker(kafka.brokerType)} a broker`,
            'custom metric',
            kafka.brokers * metricsPerBroker(kafka.brokerType),
          ),
        ]
      : []),
    charge('AWS::CloudWatch::Alarm', 'Alarms, by the metrics they watch', 'alarm', kafkaAlarmMetrics(kafka)),
    charge('AWS::Logs::LogGroup', 'Logs of the brokers', 'log ingestion'),
    charge('AWS::Logs::LogGroup', 'Keeping them for a month', 'log storage'),
    charge('AWS::Lambda::Function', 'Function that runs in a deployment', 'Lambda duration, arm64'),
  ],

  KafkaClient: () => [
    charge('AWS::EC2::Instance', `Machine ${CLIENT_INSTANCE_TYPE}`, CLIENT_INSTANCE_TYPE, HOURS_A_MONTH),
    charge('AWS::EC2::Instance', `Disk of ${CLIENT_DISK_GIB} GiB`, 'gp3 volume', CLIENT_DISK_GIB),
    charge('AWS::EC2::Instance', 'Public address', 'public IPv4 address', HOURS_A_MONTH),
    charge('AWS::EC2::Instance', 'CPU above the baseline of the machine', 't4g CPU credits'),
    charge('AWS::EC2::Instance', 'Traffic to the internet', 'transfer to the internet'),
    charge('AWS::EC2::KeyPair', 'Decryption of the private key', 'KMS requests'),
  ],

  RdsAccess: ({ database }) => [
    ...(database.mode === 'provisioned'
      ? [
          charge('AWS::RDS::DBInstance', `MariaDB ${DATABASE_CLASS}`, DATABASE_CLASS, HOURS_A_MONTH),
          charge(
            'AWS::RDS::DBInstance',
            `Its storage, ${DATABASE_STORAGE_GIB} GiB`,
            'RDS gp3 storage',
            DATABASE_STORAGE_GIB,
          ),
          charge('AWS::RDS::DBInstance', 'CPU above the baseline of the machine', 'db.t4g CPU credits'),
          charge('AWS::RDS::DBInstance', 'Backups above the size of the storage', 'RDS backup storage'),
          charge('AWS::Logs::LogGroup', 'Log of the sample loader', 'log ingestion'),
          charge('AWS::Lambda::Function', 'Functions that run in a deployment', 'Lambda duration, arm64'),
        ]
      : []),
    ...(database.mode === 'existing' && database.reach.via === 'vpc'
      ? [
          charge('AWS::EC2::VPCPeeringConnection', 'Traffic between zones', 'transfer between zones'),
          charge('AWS::Logs::LogGroup', 'Log of the function for the peering', 'log ingestion'),
          charge('AWS::Lambda::Function', 'Function that runs in a deployment', 'Lambda duration, arm64'),
        ]
      : []),
    charge(
      'AWS::SecretsManager::Secret',
      'Secrets with logins',
      'secret',
      database.mode === 'provisioned' ? 2 : 1,
    ),
    charge('AWS::SecretsManager::Secret', 'Readings of them', 'secret requests'),
  ],

  Emitter: ({ emitter }, { idleRunSeconds }) => {
    const runs = (emitter.shards * HOURS_A_MONTH * 60) / emitter.everyMinutes;
    const schedules = emitter.shards === 1 ? 'Schedule' : `${emitter.shards} schedules`;
    const idleGBSeconds = runs * idleRunSeconds * (emitter.memoryMB / 1024);
    return [
      charge(
        'AWS::Scheduler::Schedule',
        `${schedules}, every ${emitter.everyMinutes} minutes`,
        'schedule',
        runs,
      ),
      charge('AWS::Lambda::Function', 'Runs', 'Lambda requests', runs),
      charge(
        'AWS::Lambda::Function',
        `Runs that find no new rows, at ${grouped(emitter.memoryMB)} MB`,
        'Lambda duration, arm64',
        idleGBSeconds,
      ),
      charge('AWS::Lambda::Function', 'Runs that emit, verify', 'Lambda duration, arm64'),
      charge('AWS::Lambda::Function', 'Traces in X-Ray', 'trace', runs),
      charge('AWS::Lambda::Function', 'Metrics of the emitter', 'custom metric', OWN_METRICS),
      charge('AWS::CloudWatch::Alarm', 'Alarms', 'alarm', emitterAlarms(emitter).length),
      charge('AWS::CloudWatch::Dashboard', 'Dashboard', 'dashboard', 1),
      charge('AWS::Logs::LogGroup', 'Logs', 'log ingestion'),
      charge('AWS::Logs::LogGroup', 'Keeping them for a month', 'log storage'),
      charge('AWS::SQS::Queue', 'Queue of failed runs', 'queue requests'),
    ];
  },
};

/** Every name in {@link METRICS} is a metric; it gets a value in each run, and so is billed for every hour. */
const OWN_METRICS = Object.values(METRICS).flatMap((name) =>
  typeof name === 'string' ? name : Object.values(name),
).length;

const charge = (resourceType: string, what: string, price: PriceName, quantity?: number): Charge =>
  costs(resourceType, what, PRICES[price], quantity);

function costs(
  resourceType: string,
  what: string,
  price: Price | undefined,
  quantity: number | undefined,
): Charge {
  const monthly =
    quantity === undefined || price === undefined || !isVerified(price)
      ? undefined
      : quantity * price.dollars;
  return {
    resourceType,
    what,
    quantity,
    price,
    monthly,
    hourly: monthly === undefined ? undefined : monthly / HOURS_A_MONTH,
  };
}

function totalOf(charges: readonly Charge[]): Total {
  const monthly = charges.reduce((sum, line) => sum + (line.monthly ?? 0), 0);
  return { monthly, hourly: monthly / HOURS_A_MONTH };
}

/** Calculates the cost of rows in a function of the configured memory. */
export function emittingCost({ memoryMB }: EmitterConfig, measurement: EmitterMeasurement): EmittingCost {
  const cores = memoryMB / MB_PER_CORE;
  const { secondsPerMillionRows: measured, cpuSecondsPerMillionRows } = measurement;
  const secondsPerMillionRows = Math.max(measured, cpuSecondsPerMillionRows / cores);
  return {
    perMillionRows: secondsPerMillionRows * (memoryMB / 1024) * PRICES['Lambda duration, arm64'].dollars,
    secondsPerMillionRows,
    memoryMB,
    cores,
    measurement,
  };
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
