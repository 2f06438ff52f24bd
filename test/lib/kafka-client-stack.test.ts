import { Match } from 'aws-cdk-lib/assertions';
import { EMITTERS, kafkaStatements } from './kafka-statements';
import { CONFIGURATIONS, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const vpc = synthesize(CONFIGURATIONS.vpc);

test('the template of KafkaClient', () => {
  expect(snapshotOf(provisioned.templates.KafkaClient)).toMatchSnapshot();
});

describe('the Kafka client', () => {
  const client = templateOf(provisioned, 'KafkaClient');

  test('has a key pair with its private key in Parameter Store', () => {
    client.hasResourceProperties('AWS::EC2::KeyPair', {
      KeyName: 'ada-key-pair',
      PublicKeyMaterial: Match.absent(),
    });
  });

  test('requires IMDSv2, and encrypts its disk', () => {
    client.hasResourceProperties('AWS::EC2::Instance', {
      MetadataOptions: { HttpTokens: 'required' },
      BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
    });
  });

  test('allows SSH from the configured ranges only', () => {
    client.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: '203.0.113.7/32', FromPort: 22, ToPort: 22, IpProtocol: 'tcp' }],
    });
    templateOf(vpc, 'KafkaClient').hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
    });
  });

  test('is complete only when its boot script has succeeded', () => {
    client.hasResource('AWS::EC2::Instance', { CreationPolicy: { ResourceSignal: { Timeout: 'PT15M' } } });
    const userData = JSON.stringify(client.findResources('AWS::EC2::Instance'));
    expect(userData).toContain('/opt/aws/bin/cfn-signal');
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before base64.
    expect(userData.length).toBeLessThan(16 * 1024);
  });

  test('may read the topics of its user, and change only its own groups', () => {
    expect(kafkaStatements(provisioned.templates.KafkaClient, 'ClientInstance')).toEqual([
      [['Connect'], ['cluster']],
      [
        ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
        ['topic/ada.dead-letter', 'topic/ada.geo', 'topic/ada.pin', 'topic/ada.user'],
      ],
      [
        ['AlterGroup', 'DescribeGroup'],
        [
          'group/ada.client',
          'group/ada.client.dead-letter',
          'group/ada.client.geo',
          'group/ada.client.pin',
          'group/ada.client.user',
        ],
      ],
      [['DescribeGroup'], EMITTERS.map((id) => `group/${id}`)],
    ]);
  });
});
