import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type PipelineConfig, readConfig } from '../../lib/config';
import { ExpectedError } from '../terminal/expected-error';

/** File with the configuration, which the CDK CLI reads as well. */
const CDK_JSON = path.resolve(__dirname, '../../cdk.json');

/**
 * The configuration of the pipeline as the CDK CLI would see it.
 *
 * @param overrides `pipeline.<field>=<value>` each, as `cdk -c` takes them; a later one wins
 * @throws ExpectedError naming each wrong or unknown field, its value and what is allowed.
 */
export function pipelineConfig(overrides: readonly string[] = []): PipelineConfig {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> };
  const pairs = overrides.map((override) => {
    const [name = '', ...value] = override.split('=');
    return [name, value.join('=')];
  });
  try {
    return readConfig({ ...context, ...Object.fromEntries(pairs) });
  } catch (error) {
    throw error instanceof ConfigError ? new ExpectedError(error.message, { cause: error }) : error;
  }
}
