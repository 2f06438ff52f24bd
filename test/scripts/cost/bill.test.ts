import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { parseConfig } from '../../../lib/config';
import { STACKS } from '../../../lib/names';
import { type Bill, billOf, type EmittingCost } from '../../../scripts/cost/bill';
import { billText, shortBillText } from '../../../scripts/cost/bill-text';
import { PER_BROKER_METRICS } from '../../../scripts/cost/broker-metrics';
import { EMITTER_MEASUREMENT } from '../../../scripts/cost/emitter-measurement';
import { PRICES, type Price, UNVERIFIED } from '../../../scripts/cost/prices';
import { type CfnResource, CONFIGURATIONS, resourcesOf, synthesize } from '../../lib/synthesize';

/** Types of resources that are free themselves. */
const FREE = [
  /^AWS::(IAM|Events)::/,
  /^AWS::EC2::(Subnet|Route|RouteTable|SubnetRouteTableAssociation|InternetGateway|VPCGatewayAttachment)$/,
  /^AWS::EC2::(SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|LaunchTemplate)$/,
  /^AWS::EC2::VPCEndpoint Gateway$/,
  /^AWS::MSK::(Configuration|Topic)$/,
  /^AWS::RDS::(DBParameterGroup|DBSubnetGroup)$/,
  /^AWS::SecretsManager::SecretTargetAttachment$/,
  /^AWS::(SNS::TopicPolicy|SNS::Subscription|SQS::QueuePolicy|Lambda::EventInvokeConfig)$/,
  // The function behind it is billed, not the resource.
  /^Custom::/,
];

const kindOf = ({ Type, Properties }: CfnResource): string =>
  Properties?.VpcEndpointType === 'Gateway' ? `${Type} Gateway` : Type;

/** Units a month of all lines with this price. */
const quantityOf = ({ lines }: Bill, price: string): number =>
  lines
    .filter((line) => line.price === PRICES[price as keyof typeof PRICES])
    .reduce((sum, { quantity = 0 }) => sum + quantity, 0);

const pipelines = [
  ...Object.entries(CONFIGURATIONS),
  [
    'nine m7g brokers',
    { userId: 'ada', kafka: { brokers: 9, brokerType: 'kafka.m7g.large' }, endpointZones: 3 },
  ],
] as const;

describe.each(pipelines)('the bill of a pipeline (%s)', (_, configuration) => {
  const pipeline = synthesize(configuration);
  const bill = billOf(parseConfig(configuration));
  const properties = (type: string) => resourcesOf(pipeline, type).map(([, resource]) => resource.Properties);

  test.each(STACKS)('has a line for every resource of %s that is billed', (stack) => {
    const kinds = new Set(Object.values(pipeline.templates[stack].Resources).map(kindOf));
    const billed = [...kinds].filter((kind) => !FREE.some((free) => free.test(kind)));
    const lines = bill.lines.filter((line) => line.stack === stack).map((line) => line.resourceType);

    expect(lines).toEqual(expect.arrayContaining(billed));
    expect(billed).toEqual(expect.arrayContaining(lines));
  });

  test('counts what the templates have', () => {
    const [cluster] = properties('AWS::MSK::Cluster');
    const brokers = cluster.NumberOfBrokerNodes;
    const endpoints = properties('AWS::EC2::VPCEndpoint').flatMap(({ SubnetIds = [] }) => SubnetIds);
    const alarmMetrics = properties('AWS::CloudWatch::Alarm').flatMap(({ Metrics }) =>
      Metrics === undefined ? 1 : Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat),
    );
    const [client] = properties('AWS::EC2::Instance');
    const databases = properties('AWS::RDS::DBInstance');

    expect(quantityOf(bill, cluster.BrokerNodeGroupInfo.InstanceType)).toBe(brokers * 730);
    expect(quantityOf(bill, 'broker storage')).toBe(
      brokers * cluster.BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize,
    );
    expect(quantityOf(bill, 'interface endpoint')).toBe(endpoints.length * 730);
    expect(quantityOf(bill, 'NAT gateway')).toBe(properties('AWS::EC2::NatGateway').length * 730);
    expect(quantityOf(bill, 'public IPv4 address')).toBe((1 + properties('AWS::EC2::EIP').length) * 730);
    expect(quantityOf(bill, client.InstanceType)).toBe(730);
    expect(quantityOf(bill, 'gp3 volume')).toBe(client.BlockDeviceMappings[0].Ebs.VolumeSize);
    expect(quantityOf(bill, 'db.t4g.micro')).toBe(databases.length * 730);
    expect(quantityOf(bill, 'RDS gp3 storage')).toBe(
      databases.reduce((sum, { AllocatedStorage }) => sum + Number(AllocatedStorage), 0),
    );
    expect(quantityOf(bill, 'secret')).toBe(properties('AWS::SecretsManager::Secret').length);
    expect(quantityOf(bill, 'dashboard')).toBe(properties('AWS::CloudWatch::Dashboard').length);
    expect(quantityOf(bill, 'alarm')).toBe(alarmMetrics.length);
  });

  test('names the machines that the templates have', () => {
    const [cluster] = properties('AWS::MSK::Cluster');

    expect(properties('AWS::EC2::Instance')).toMatchObject([{ InstanceType: 't4g.small' }]);
    for (const database of properties('AWS::RDS::DBInstance')) {
      expect(database).toMatchObject({
        DBInstanceClass: 'db.t4g.micro',
        StorageType: 'gp3',
        Engine: 'mariadb',
      });
    }
    expect(cluster.EnhancedMonitoring === 'PER_BROKER').toBe(
      billText(bill).includes('Metrics of PER_BROKER'),
    );
  });

  test('adds its lines up', () => {
    const sum = bill.lines.reduce((total, { monthly = 0 }) => total + monthly, 0);

    expect(bill.monthly).toBeCloseTo(sum);
    expect(bill.stacks.reduce((total, { monthly }) => total + monthly, 0)).toBeCloseTo(sum);
    expect(bill.hourly * 730).toBeCloseTo(sum);
  });
});

test.each([
  ['kafka.t3.small', 48],
  ['kafka.m7g.large', 47],
])('bills the metrics that PER_BROKER adds for a %s: %i', (brokerType, metrics) => {
  const bill = billOf(parseConfig({ userId: 'ada', kafka: { brokerType, monitoring: 'PER_BROKER' } }));
  const line = bill.lines.find(({ what }) => what.startsWith('Metrics of PER_BROKER'));

  expect(new Set(PER_BROKER_METRICS).size).toBe(PER_BROKER_METRICS.length);
  expect(line?.quantity).toBe(3 * metrics);
});

test('the defaults cost about 150 dollars a month, most of it brokers', () => {
  const bill = billOf(parseConfig({ userId: 'ada' }));

  expect(bill.monthly).toBeGreaterThan(145);
  expect(bill.monthly).toBeLessThan(155);
  expect(billText(bill)).toMatch(
    /3 brokers kafka\.t3\.small +2,190 +\$0\.0456 per broker-hour +0\.1368 +99\.86/,
  );
});

test('a type of broker whose price is not known is never taken for free', () => {
  const bill = billOf(parseConfig({ userId: 'ada', kafka: { brokerType: 'kafka.m7g.32xlarge' } }));

  expect(billText(bill)).toMatch(/3 brokers kafka\.m7g\.32xlarge +2,190 +not known$/m);
  for (const text of [billText(bill), shortBillText(bill)]) {
    expect(text).toContain('NOT in the totals, for the price is not known: 3 brokers kafka.m7g.32xlarge.');
  }
});

test('runs twice as often cost twice as much', () => {
  const [often, seldom] = [5, 10].map((everyMinutes) =>
    billOf(parseConfig({ userId: 'ada', emitter: { everyMinutes } })),
  ) as [Bill, Bill];

  expect(quantityOf(often, 'Lambda requests')).toBe(8760);
  for (const price of ['schedule', 'trace', 'Lambda duration, arm64']) {
    expect(quantityOf(often, price)).toBeCloseTo(2 * quantityOf(seldom, price));
  }
});

test('each shard runs as often as one alone', () => {
  const [one, three] = [1, 3].map((shards) =>
    billOf(parseConfig({ userId: 'ada', emitter: { shards, timeoutSeconds: 180 } })),
  ) as [Bill, Bill];

  for (const price of ['schedule', 'trace', 'Lambda requests', 'Lambda duration, arm64']) {
    expect(quantityOf(three, price)).toBeCloseTo(3 * quantityOf(one, price));
  }
  expect(billText(three)).toContain('3 schedules, every 5 minutes');
});

describe('a million rows', () => {
  const measurement = {
    ...{ machine: 'a machine', date: '2026-01-02', rows: 3_000_000, idleRunSeconds: 0.02 },
    ...{ secondsPerMillionRows: 10, cpuSecondsPerMillionRows: 8 },
  };
  const billWith = (memoryMB: number) =>
    billOf(parseConfig({ userId: 'ada', emitter: { memoryMB } }), measurement);

  test('take as long as measured where the function has the CPU for it, and cost by its memory', () => {
    const [one, two] = [1769, 3538].map((memoryMB) => billWith(memoryMB).emitting) as [
      EmittingCost,
      EmittingCost,
    ];

    expect(one).toMatchObject({ cores: 1, secondsPerMillionRows: 10 });
    expect(one.perMillionRows).toBeCloseTo(10 * (1769 / 1024) * 1.33334e-5, 10);
    expect(two.perMillionRows).toBeCloseTo(2 * one.perMillionRows, 10);
  });

  test('take as long as their CPU where it has less, and cost the same with any memory', () => {
    const [small, smaller] = [1024, 512].map((memoryMB) => billWith(memoryMB).emitting) as [
      EmittingCost,
      EmittingCost,
    ];

    expect(small.secondsPerMillionRows).toBeCloseTo((8 * 1769) / 1024);
    expect(smaller.secondsPerMillionRows).toBeCloseTo((8 * 1769) / 512);
    expect(smaller.perMillionRows).toBeCloseTo(small.perMillionRows, 10);
  });

  test('are in the bill, with where and when they were measured', () => {
    expect(billText(billWith(1769))).toContain(
      'A million rows take $0.00023 of Lambda: 10.0 s at 1,769 MB, which come with 1.00 cores. ' +
        'Worked out from 10.0 s with 8.0 s of CPU, measured on 2026-01-02 with 3,000,000 rows on a machine',
    );
  });

  test('are by default those of the measurement that the bill keeps', () => {
    expect(billOf(parseConfig({ userId: 'ada' })).emitting.measurement).toEqual(EMITTER_MEASUREMENT);
  });
});

describe('the prices', () => {
  test.each(Object.entries(PRICES))('%s is above 0, and says where and when it was read', (_, price) => {
    expect(price.dollars).toBeGreaterThan(0);
    expect(price.unit).toMatch(/\w/);
    expect(price.source).toMatch(/\w/);
    if (price.asOf !== undefined) expect(price.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(price.asOf === undefined || price.source !== UNVERIFIED).toBe(true);
  });

  test('are marked in the bill when they were not verified', () => {
    const text = billText(billOf(parseConfig({ userId: 'ada' })));
    const marked = text.split('\n').filter((line) => / \* {2}/.test(line));

    expect(marked).toHaveLength(
      billOf(parseConfig({ userId: 'ada' })).lines.filter(({ price }) => price?.source === UNVERIFIED).length,
    );
    expect(text).toContain(`* ${UNVERIFIED}`);
  });

  test('are in no sum while they are not verified', () => {
    const config = parseConfig({ userId: 'ada' });
    const verified = billOf(config);
    const dashboard = jest.replaceProperty(PRICES as Record<string, Price>, 'dashboard', {
      ...PRICES.dashboard,
      source: UNVERIFIED,
    });
    const bill = billOf(config);
    const text = billText(bill);
    dashboard.restore();

    expect(bill.monthly).toBeCloseTo(verified.monthly - PRICES.dashboard.dollars);
    expect(text).toMatch(/^ {2}Dashboard \* +1 +\$3\.00 per dashboard-month$/m);
    expect(text).toContain('NOT in the totals, for the price is not verified: Dashboard.');
  });
});
