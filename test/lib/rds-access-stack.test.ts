import { Match } from 'aws-cdk-lib/assertions';
import { CONFIGURATIONS, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const internet = synthesize(CONFIGURATIONS.internet);
const vpc = synthesize(CONFIGURATIONS.vpc);

test('the template of RdsAccess', () => {
  expect(snapshotOf(provisioned.templates.RdsAccess)).toMatchSnapshot();
});

test('the template of RdsAccess for a database in another VPC has only what it needs', () => {
  expect(Object.values(vpc.templates.RdsAccess.Resources).map(({ Type }) => Type)).toMatchInlineSnapshot(`
[
  "AWS::SecretsManager::Secret",
  "AWS::EC2::VPCPeeringConnection",
  "AWS::EC2::Route",
  "AWS::EC2::Route",
  "AWS::EC2::Route",
  "AWS::EC2::Route",
  "AWS::Logs::LogGroup",
  "AWS::IAM::Role",
  "AWS::IAM::Policy",
  "Custom::AWS",
  "AWS::IAM::Policy",
  "AWS::Lambda::Function",
]
`);
});

test('the template of RdsAccess for a database over the internet has only what it needs', () => {
  expect(
    Object.values(internet.templates.RdsAccess.Resources).map(({ Type }) => Type),
  ).toMatchInlineSnapshot(`
[
  "AWS::SecretsManager::Secret",
]
`);
});

describe('the database', () => {
  test('that is provisioned is MariaDB 11.4, encrypted, isolated, and leaves a snapshot', () => {
    templateOf(provisioned, 'RdsAccess').hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: {
        Engine: 'mariadb',
        // No minor version: RDS withdraws each after about a year, and then refuses the template.
        EngineVersion: '11.4',
        DBInstanceClass: 'db.t4g.micro',
        StorageEncrypted: true,
        PubliclyAccessible: false,
        BackupRetentionPeriod: 7,
      },
    });
    templateOf(provisioned, 'RdsAccess').hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'mariadb11.4',
      Parameters: { require_secure_transport: '1' },
    });
  });

  test('that is provisioned writes a log that the emitter can follow', () => {
    templateOf(provisioned, 'RdsAccess').hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: { binlog_format: 'ROW', binlog_row_metadata: 'FULL' },
    });
  });

  test('that is provisioned is filled with sample tables, by a function that only the deployment calls', () => {
    const access = templateOf(provisioned, 'RdsAccess');

    access.hasResourceProperties('Custom::SampleTables', { rows: 11_154 });
    access.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OWNER_SECRET_ARN: Match.anyValue(), READER_SECRET_ARN: Match.anyValue() } },
    });
    templateOf(internet, 'RdsAccess').resourceCountIs('Custom::SampleTables', 0);
  });

  test('that exists gets a secret with placeholder credentials', () => {
    templateOf(internet, 'RdsAccess').hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: {
        SecretStringTemplate: JSON.stringify({
          host: 'db.example.com',
          port: 3306,
          dbname: 'posts',
          username: 'run-put-credentials-first',
        }),
      },
    });
  });

  test('in another VPC is reached through a peering connection, with routes there and back and private addresses', () => {
    const access = templateOf(vpc, 'RdsAccess');

    access.resourceCountIs('AWS::EC2::VPCPeeringConnection', 1);
    access.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationCidrBlock: '10.99.0.0/16' }, 3);
    access.resourcePropertiesCountIs('AWS::EC2::Route', { RouteTableId: 'rtb-0123456789abcdef0' }, 1);
    const [dns] = Object.values(access.findResources('Custom::AWS'));
    expect(JSON.stringify(dns?.['Properties'].Create)).toMatch(
      /ModifyVpcPeeringConnectionOptions.*AccepterPeeringConnectionOptions.*AllowDnsResolutionFromRemoteVpc.*true/,
    );
    templateOf(vpc, 'Emitter').hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: 'sg-0123456789abcdef0',
      FromPort: 3307,
      ToPort: 3307,
    });
  });
});
