import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { emitterAlarms, kafkaAlarmMetrics } from '../../lib/alarms';
import { parseConfig } from '../../lib/config';
import { STACKS, type StackId } from '../../lib/names';
import { NODE_MAJOR } from '../../lib/node-version';
import { devDependencies } from '../../package.json';
import { usersWithoutPolicies } from './role-users';
import { type CfnTemplate, CONFIGURATIONS, resourcesOf, synthesize } from './synthesize';

const pipelines = (Object.keys(CONFIGURATIONS) as (keyof typeof CONFIGURATIONS)[]).map(
  (name) => [name, synthesize(CONFIGURATIONS[name])] as const,
);
/** Roles with statements that name no resource, each with its reason. */
const BARE_WILDCARDS = {
  KafkaBootstrapRole: 'kafka:GetBootstrapBrokers takes no resource',
  EmitterRole: 'Lambda creates network interfaces, whose ids are not known; X-Ray has no resources',
  VerifierRole: 'Lambda creates network interfaces, whose ids are not known',
  SampleTablesLoaderRole: 'Lambda creates network interfaces, whose ids are not known',
};

/** Properties that set a resource's own name, which must be unique in the account or region. */
const NAMES_OF_A_RESOURCE =
  /^(Alarm|Bucket|Cluster|Dashboard|Function|Key|LaunchTemplate|LogGroup|Queue|Role|Topic)Name$|^(DBInstanceIdentifier|GroupName)$/;

describe.each(pipelines)('every pipeline (%s)', (_, pipeline) => {
  test('passes cdk-nag and the schemas of CloudFormation', () => {
    expect(pipeline.violations).toEqual([]);
  });

  test('runs every function on arm64 and the newest Node', () => {
    for (const [, { Properties }] of resourcesOf(pipeline, 'AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
    }
  });

  test('expires every log, and gives every function such a log group', () => {
    const groups = resourcesOf(pipeline, 'AWS::Logs::LogGroup');
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBeLessThanOrEqual(30);

    for (const [, { Properties }] of resourcesOf(pipeline, 'AWS::Lambda::Function')) {
      expect(groups.map(([id]) => id)).toContain(Properties.LoggingConfig.LogGroup.Ref);
    }
  });

  test('leaves the default security group of its network without a rule', () => {
    expect(resourcesOf(pipeline, 'Custom::VpcRestrictDefaultSG')).toHaveLength(1);
  });

  test('names no Availability Zone, because a name is another zone in another account', () => {
    const text = JSON.stringify(pipeline.templates);

    expect(text).not.toMatch(/"AvailabilityZones?":/);
    expect(text).not.toMatch(/us-east-1[a-f]\b/);
    expect(text).not.toContain('use1-az3');
  });

  test('lets nothing use a role before the policies of the role are there', () => {
    expect(usersWithoutPolicies(pipeline)).toEqual([]);
  });

  test('opens no port to the whole internet', () => {
    const rules = [
      ...resourcesOf(pipeline, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties),
      ...resourcesOf(pipeline, 'AWS::EC2::SecurityGroup').flatMap(
        ([, { Properties }]) => Properties.SecurityGroupIngress ?? [],
      ),
    ];

    expect(rules).not.toHaveLength(0);
    for (const { CidrIp, CidrIpv6 } of rules)
      expect([CidrIp, CidrIpv6]).not.toContainEqual(expect.stringMatching(/\/0$/));
  });

  test('names the resources of every permission, except where they have no names', () => {
    const policies = resourcesOf(pipeline, 'AWS::IAM::Policy').map(
      ([, { Properties }]) => [Properties.Roles[0].Ref, Properties.PolicyDocument] as const,
    );
    const inline = resourcesOf(pipeline, 'AWS::IAM::Role').flatMap(([id, { Properties }]) =>
      (Properties.Policies ?? []).map(({ PolicyDocument }: { PolicyDocument: unknown }) => [
        id,
        PolicyDocument,
      ]),
    );
    const bare = [...policies, ...inline]
      .filter(([, { Statement }]) =>
        Statement.some(({ Resource }: { Resource: unknown }) => [Resource].flat().includes('*')),
      )
      .map(([role]) => role.replace(/[0-9A-F]{8}$/, ''));

    expect(Object.keys(BARE_WILDCARDS)).toEqual(expect.arrayContaining(bare));
  });

  test('has a topic for each stream, and one for dead letters', () => {
    const topics = resourcesOf(pipeline, 'AWS::MSK::Topic').map(([, { Properties }]) => Properties.TopicName);

    expect(topics).toEqual([...STREAMS.map(({ name }) => topicOf('ada', name)), 'ada.dead-letter']);
  });

  test('shares no name with the pipeline of another user in the same account', () => {
    const named = (Object.values(pipeline.templates) as CfnTemplate[]).flatMap(({ Resources }) =>
      Object.values(Resources).flatMap(({ Properties = {} }) =>
        Object.entries(Properties).filter(
          ([property, value]) => NAMES_OF_A_RESOURCE.test(property) && typeof value === 'string',
        ),
      ),
    );

    expect(named.length).toBeGreaterThan(10);
    for (const [property, name] of named) expect(`${property} ${name}`).toContain('ada');
  });

  test('deploys the Kafka client last, and lets nothing depend on it', () => {
    for (const { dependencies } of Object.values(pipeline.stacks)) {
      expect(dependencies).not.toContain('KafkaClient');
    }
    expect(pipeline.stacks.KafkaClient.dependencies).toContain('Emitter');
    expect(STACKS.at(-1)).toBe('KafkaClient');
  });

  test('lets only alarms of its own account publish to the topic for alarms', () => {
    const statements = resourcesOf(pipeline, 'AWS::SNS::TopicPolicy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    );
    const allowed = statements.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');

    expect(allowed).toHaveLength(1);
    expect(allowed[0].Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    });
  });

  test('stays in us-east-1', () => {
    for (const { region } of Object.values(pipeline.stacks)) expect(region).toBe('us-east-1');
    const regions = JSON.stringify(pipeline.templates).match(
      /\b[a-z]{2}-(north|south|east|west|central)[a-z]*-\d/g,
    );
    expect(new Set(regions)).toEqual(new Set(['us-east-1']));
  });

  test('writes no secret into a template', () => {
    for (const [, { Properties }] of resourcesOf(pipeline, 'AWS::SecretsManager::Secret')) {
      expect(Properties).not.toHaveProperty('SecretString');
      expect(Properties.GenerateSecretString.SecretStringTemplate).not.toMatch(/password/i);
    }
    for (const [, { Properties }] of resourcesOf(pipeline, 'AWS::RDS::DBInstance')) {
      expect(JSON.stringify(Properties.MasterUserPassword)).toContain('{{resolve:secretsmanager:');
    }
  });

  test('tags every stack, and thereby its resources', () => {
    for (const { tags } of Object.values(pipeline.stacks)) {
      expect(tags).toEqual({ Course: 'data', Pipeline: 'pinterest-data-pipeline', UserId: 'ada' });
    }
  });

  test('protects the stacks with data, and says what their removal means', () => {
    for (const id of ['KafkaCluster', 'RdsAccess'] as const) {
      expect(pipeline.stacks[id].terminationProtection).toBe(true);
      expect(pipeline.templates[id].Description).toMatch(/Removal/);
    }
  });
});

test('npm scripts run on the same major version of Node.js as the functions', () => {
  expect(devDependencies.node).toMatch(new RegExp(`^\\^${NODE_MAJOR}\\.`));
});

test.each(pipelines)(
  'the alarms of a pipeline (%s) watch as many metrics as the bill counts',
  (name, pipeline) => {
    const { kafka, emitter } = parseConfig(CONFIGURATIONS[name]);
    const metricsIn = (id: StackId) =>
      Object.values(pipeline.templates[id].Resources)
        .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
        .flatMap(({ Properties: { Metrics = [{ MetricStat: {} }] } }) => Metrics)
        .filter(({ MetricStat }) => MetricStat);

    expect(metricsIn('KafkaCluster')).toHaveLength(kafkaAlarmMetrics(kafka));
    expect(metricsIn('Emitter')).toHaveLength(emitterAlarms(emitter).length);
  },
);

describe('the runbook', () => {
  test('has an entry for every alarm, and no others', () => {
    const entries = readFileSync(join(__dirname, '../../lib/RUNBOOK.md'), 'utf8');
    const titles = new Set(
      pipelines
        .flatMap(([, pipeline]) => resourcesOf(pipeline, 'AWS::CloudWatch::Alarm'))
        .map(([, { Properties }]) => Properties.AlarmName.split(': ').at(-1)),
    );

    expect([...entries.matchAll(/^## (.*)$/gm)].map(([, title]) => title).sort()).toEqual([...titles].sort());
  });
});
