import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsCall } from '../../../scripts/aws/aws-call';
import { findCredentialsProblem } from '../../../scripts/aws/aws-profile';

const home = mkdtempSync(path.join(tmpdir(), 'aws-profile-'));
const config = path.join(home, '.aws', 'config');
const credentials = path.join(home, '.aws', 'credentials');
const before = { ...process.env };

mkdirSync(path.dirname(config));
writeFileSync(credentials, '[work]\naws_access_key_id = AKIA\naws_secret_access_key = s3cret\n');
writeFileSync(
  config,
  `# of the company
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
[profile sso]
sso_session = company
sso_account_id = 111122223333
sso_role_name = reader
[sso-session company]
sso_start_url = https://company.example
sso_region = us-east-1
[profile half]
aws_access_key_id = AKIA
[profile other-half]
aws_secret_access_key = s3cret
[profile role]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = gone
[profile code]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/ada
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = s3cret
[profile program]
credential_process = /bin/false --token s3cret
[profile "quoted"]
region = eu-west-1
`,
);

afterEach(() => {
  process.env = { ...before };
});
afterAll(() => rmSync(home, { recursive: true }));

const places = `${config} or ${credentials}`;

test.each([
  [
    { AWS_PROFILE: 'nope' },
    `AWS_PROFILE is "nope", and there is no such profile in ${places}. There is: default, sso, half, other-half, role, code, keys, program, quoted, work. Sign in with "aws configure"`,
  ],
  [
    { AWS_PROFILE: 'nope', HOME: '/nowhere' },
    'AWS_PROFILE is "nope", and there is no such profile in /nowhere/.aws/config or /nowhere/.aws/credentials. Sign in with',
  ],
  [{ HOME: '/nowhere' }, 'There are no AWS credentials here. Sign in with "aws configure"'],
  [{}, `The profile "default" in ${places} has no credentials. Sign in with`],
  [{ AWS_PROFILE: 'quoted' }, `The profile "quoted" in ${places} has no credentials.`],
  [
    { AWS_PROFILE: 'sso' },
    /^The AWS credentials have expired.*(Sign in: aws sso login --profile sso|Sign in with "aws configure")/,
  ],
  [{ AWS_PROFILE: 'half' }, 'has aws_access_key_id and no aws_secret_access_key.'],
  [{ AWS_PROFILE: 'other-half' }, 'has aws_secret_access_key and no aws_access_key_id.'],
  [{ AWS_PROFILE: 'role' }, 'takes its credentials from "gone", which is not there.'],
  [
    { AWS_PROFILE: 'code' },
    /asks for a code each time \(mfa_serial\).* eval "\$\(aws configure export-credentials --profile code --format env\)"$/,
  ],
  [{ AWS_PROFILE: 'program' }, 'runs a program (credential_process) that returns no credentials.'],
  [{ AWS_ACCESS_KEY_ID: 'AKIA' }, 'AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not.'],
  [{ AWS_SECRET_ACCESS_KEY: 's3cret' }, 'AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not.'],
  [{ AWS_PROFILE: 'x', AWS_CONFIG_FILE: home }, `The file ${home} cannot be read (EISDIR).`],
])('the real SDK has no credentials with %j, and the message says why', async (variables, message) => {
  delete process.env['AWS_CONFIG_FILE'];
  delete process.env['AWS_SHARED_CREDENTIALS_FILE'];
  Object.assign(process.env, { HOME: home, ...variables });
  const sts = new STSClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });

  const asked = awsCall('sts:GetCallerIdentity', () => sts.send(new GetCallerIdentityCommand()));

  const { message: said } = (await asked.catch((error: Error) => error)) as Error;
  expect(said).toEqual(
    typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  );
  expect(said).not.toContain('s3cret');
});

test('a line that no program can read is named', () => {
  const file = path.join(home, 'broken');
  writeFileSync(file, '# profiles\n[profile a]\n  region = x\n  goes on\n[[[\n');

  const { problem } = findCredentialsProblem({ AWS_PROFILE: 'b', AWS_CONFIG_FILE: file, HOME: home });

  expect(problem).toBe(`Line 5 of ${file} is neither [profile …] nor name = value.`);
});
