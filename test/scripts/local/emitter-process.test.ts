import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmitterProcess } from '../../../scripts/local/emitter-process';

const directory = mkdtempSync(path.join(tmpdir(), 'emitter-'));
const [environment, folder] = [{ ...process.env }, process.cwd()];

afterEach(() => {
  process.chdir(folder);
  process.env = environment;
});
afterAll(() => rmSync(directory, { recursive: true }));

test('the emitter starts from any folder, with no settings but its own', async () => {
  process.chdir(directory);
  Object.assign(process.env, {
    USER_ID: 'other',
    DATABASE_SECRET_ARN: 'of another pipeline',
    DATABASE_TLS: 'nonsense',
    SHARDS: 'nonsense',
    AWS_REGION: '',
  });
  const emitter = new EmitterProcess(
    { KAFKA_BROKERS: '127.0.0.1:1', DATABASE_CREDENTIALS_FILE: 'db_creds.yaml' },
    path.join(directory, 'emitter.log'),
  );
  try {
    await expect(emitter.invoke()).rejects.toMatchObject({
      name: 'ConfigurationError',
      // And nothing else is.
      message: expect.stringMatching(/^The emitter's environment is wrong\. USER_ID is not set: [^;]*$/),
    });
  } finally {
    await emitter.stop();
  }
}, 60_000);
