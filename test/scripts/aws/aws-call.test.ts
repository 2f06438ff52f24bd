import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AwsError, awsCall } from '../../../scripts/aws/aws-call';
import { awsAnswer } from '../../support/aws-answer';

const failing = async (error: unknown): Promise<AwsError> => {
  const call = awsCall('ssm:GetParameter', async () => {
    throw error;
  });
  return (await call.catch((thrown: AwsError) => thrown)) as AwsError;
};

test('gives what AWS answers', async () => {
  expect(await awsCall('ssm:GetParameter', async () => 7)).toBe(7);
});

test.each([
  [
    'nobody is signed in',
    awsAnswer('CredentialsProviderError'),
    'There are no AWS credentials here. Sign in with "aws configure"',
  ],
  [
    'the credentials have expired',
    awsAnswer('ExpiredTokenException'),
    'The AWS credentials have expired (ssm:GetParameter). Sign in',
  ],
  [
    'the SSO session has expired',
    awsAnswer('CredentialsProviderError', 'The SSO session associated with this profile has expired.'),
    'The AWS credentials have expired',
  ],
  [
    'AWS does not know the key',
    awsAnswer('UnrecognizedClientException'),
    'AWS does not know these credentials (ssm:GetParameter: UnrecognizedClientException). Sign in',
  ],
  [
    'the action is denied',
    awsAnswer('AccessDeniedException', 'User: x is not authorized to perform: kms:Decrypt on resource: y'),
    'These AWS credentials may not kms:Decrypt.',
  ],
  [
    'the action is denied without its name',
    awsAnswer('UnauthorizedOperation'),
    'These AWS credentials may not ssm:GetParameter.',
  ],
  [
    'nobody answers',
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    'AWS cannot be reached (ssm:GetParameter: ECONNREFUSED).',
  ],
  [
    'the clock is wrong',
    awsAnswer('RequestTimeTooSkewed'),
    'The clock of this machine is wrong: AWS rejects requests that were signed at another time (ssm:GetParameter: RequestTimeTooSkewed)',
  ],
  [
    'the clock is wrong, which only the date of the answer tells',
    Object.assign(awsAnswer('SignatureDoesNotMatch'), {
      $response: { headers: { date: new Date(Date.now() + 3_600_000).toUTCString() } },
    }),
    'The clock of this machine is wrong by 60 minutes: ',
  ],
  [
    'the key is wrong, and the clock is right',
    Object.assign(awsAnswer('SignatureDoesNotMatch'), {
      $response: { headers: { date: new Date().toUTCString() } },
    }),
    'AWS does not know these credentials (ssm:GetParameter: SignatureDoesNotMatch).',
  ],
  [
    'the account is new',
    awsAnswer('OptInRequired'),
    'This AWS account may not use that service yet (ssm:GetParameter: OptInRequired).',
  ],
  [
    'a proxy intercepts TLS',
    Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    'certificate that is not trusted (ssm:GetParameter: SELF_SIGNED_CERT_IN_CHAIN). Behind a proxy',
  ],
  [
    'the file of a web identity is missing',
    Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/token' }),
    'The AWS credentials should be in /token, which cannot be read (ENOENT). Sign in with',
  ],
  [
    'anything else',
    awsAnswer('ThrottlingException', 'Rate exceeded'),
    'ssm:GetParameter failed: ThrottlingException: Rate exceeded',
  ],
])('says what to do when %s', async (_, error, message) => {
  const thrown = await failing(error);

  expect(thrown).toBeInstanceOf(AwsError);
  expect(thrown.message).toContain(message);
});

test('is true of the real SDK when nobody listens', async () => {
  const ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });

  await expect(
    awsCall('ec2:DescribeKeyPairs', () => ec2.send(new DescribeKeyPairsCommand())),
  ).rejects.toThrow('AWS cannot be reached (ec2:DescribeKeyPairs: ECONNREFUSED).');
});

test.each([
  [
    'http://127.0.0.1:1',
    ' (ec2:DescribeKeyPairs: ECONNREFUSED). AWS_ENDPOINT_URL is http://127.0.0.1:1: for AWS itself, unset it.',
  ],
  ['http://no.invalid', ' (ec2:DescribeKeyPairs: ENOTFOUND). AWS_ENDPOINT_URL is http://no.invalid: for AWS'],
  ['nowhere', 'AWS_ENDPOINT_URL is "nowhere": allowed: a URL.'],
])('names the variable that leads to %s', async (url, message) => {
  process.env['AWS_ENDPOINT_URL'] = url;
  try {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const ec2 = new EC2Client({ region: 'us-east-1', credentials, maxAttempts: 1 });
    await expect(
      awsCall('ec2:DescribeKeyPairs', () => ec2.send(new DescribeKeyPairsCommand())),
    ).rejects.toThrow(message);
  } finally {
    delete process.env['AWS_ENDPOINT_URL'];
  }
});
