import { STACKS } from '../../lib/names';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { describeStack } from '../aws/stack-outputs';
import { stillBilled } from '../cost/still-billed';
import { type Check, ok, warning } from './check';

/** Checks for leftovers of a destroyed pipeline that still cost something. */
export const leftOverChecks = (pipeline: DeployedPipeline): Check[] => [
  {
    name: 'costs after a removal',
    needs: ['credentials'],
    examine: async () => {
      const { account, config } = pipeline;
      for (const id of STACKS) {
        if ((await describeStack(account, config.userId, id)) !== undefined) return ok('it is deployed');
      }
      const items = await stillBilled(pipeline);
      return items.length === 0
        ? ok('nothing is left')
        : warning(items.map(({ what }) => what).join('; '), items.map(({ remove }) => remove).join('\n'));
    },
  },
];
