import { ConfigurationError } from '../../lambda/shared/errors';
import { accountLimits } from './account-limits';
import { findClusterChanges } from './deployed-cluster';
import type { DeployedPipeline } from './deployed-pipeline';
import { findMovedSubnets } from './deployed-subnets';

/**
 * Checks before anything is touched that AWS will accept a deployment: quotas and plan of the account, and changes that a
 * deployed network or cluster cannot make.
 *
 * @returns what AWS is likely to refuse, one sentence each
 * @throws ConfigurationError naming everything that AWS will refuse, with a fix for each.
 */
export async function checkDeployment(
  pipeline: Pick<DeployedPipeline, 'account' | 'config'>,
): Promise<string[]> {
  const [limits, ...changes] = await Promise.all([
    accountLimits(pipeline),
    findMovedSubnets(pipeline),
    findClusterChanges(pipeline),
  ]);
  const textsOf = (wanted: (typeof limits)[number]['severity']): string[] =>
    limits.filter(({ severity }) => severity === wanted).map(({ text, fix }) => `${text}. Fix: ${fix}.`);
  const refused = [...textsOf('refused'), ...changes.filter((change) => change !== undefined)];
  if (refused.length > 0) {
    throw new ConfigurationError(
      ['Nothing was deployed, because AWS would refuse this:', ...refused].join('\n  '),
    );
  }
  return textsOf('likely');
}
