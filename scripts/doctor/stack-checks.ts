import { nameOf, STACKS, type StackId } from '../../lib/names';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { describeStack } from '../aws/stack-outputs';
import { type Check, failed, ok, warning } from './check';

/** The name of the check of a stack. */
export const stackCheck = (id: StackId): string => `stack ${id}`;

/** Checks that each stack exists and is complete. */
export const stackChecks = ({ account, config }: DeployedPipeline): Check[] =>
  STACKS.map((id) => ({
    name: stackCheck(id),
    needs: ['credentials'],
    examine: async () => {
      const stack = await describeStack(account, config.userId, id);
      const state = stack?.StackStatus ?? 'not deployed';
      if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(state)) return ok(state);
      const why = stack?.StackStatusReason === undefined ? '' : `: ${stack.StackStatusReason}`;
      if (/_IN_PROGRESS$/.test(state)) return warning(`${state}${why}`, 'wait, and ask again');
      if (state === 'UPDATE_ROLLBACK_COMPLETE') {
        return warning(
          `the last update failed and was taken back${why}`,
          `aws cloudformation describe-stack-events --region ${config.region} --stack-name ${nameOf(config.userId, id)}`,
        );
      }
      return failed(`${state}${why}`, 'npm run deploy');
    },
  }));
