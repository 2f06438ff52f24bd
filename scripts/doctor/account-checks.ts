import { DescribeAvailabilityZonesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ZONE_IDS } from '../../lib/subnets';
import { accountLimits } from '../aws/account-limits';
import { awsCall } from '../aws/aws-call';
import { isBootstrapped } from '../aws/bootstrap';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { findMovedSubnets } from '../aws/deployed-subnets';
import { type Check, failed, ok, warning } from './check';

/** Checks of the account that must pass before anything can be deployed. */
export const accountChecks = ({ account, config }: DeployedPipeline): Check[] => [
  {
    name: 'credentials',
    examine: async () => {
      const sts = new STSClient(account.client);
      const { Account, Arn } = await awsCall('sts:GetCallerIdentity', () =>
        sts.send(new GetCallerIdentityCommand()),
      );
      return ok(`account ${Account}, ${Arn}`);
    },
  },
  {
    name: 'region',
    examine: async () => {
      const own = account.isEmulator
        ? undefined
        : (process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']);
      return own === undefined || own === config.region
        ? ok(config.region)
        : warning(
            `this shell is set to ${own}; the commands of this project use ${config.region} all the same`,
            `for commands of your own: export AWS_REGION=${config.region}`,
          );
    },
  },
  {
    name: 'bootstrap',
    needs: ['credentials'],
    examine: async () => {
      return (await isBootstrapped(account))
        ? ok('done')
        : failed('the account is not bootstrapped for CDK in this region', 'npm run deploy (it offers to)');
    },
  },
  {
    name: 'quotas and plan',
    needs: ['credentials'],
    examine: async () => {
      const limits = await accountLimits({ account, config });
      if (limits.length === 0) return ok('enough for this configuration');
      const [text, fix] = [limits.map((one) => one.text).join('; '), limits.map((one) => one.fix).join('\n')];
      return limits.some(({ severity }) => severity === 'refused') ? failed(text, fix) : warning(text, fix);
    },
  },
  {
    name: 'zones',
    needs: ['credentials'],
    examine: async () => {
      const ec2 = new EC2Client(account.client);
      const { AvailabilityZones = [] } = await awsCall('ec2:DescribeAvailabilityZones', () =>
        ec2.send(new DescribeAvailabilityZonesCommand()),
      );
      const offered = new Set<string | undefined>(
        AvailabilityZones.filter(({ State }) => State !== 'unavailable').map(({ ZoneId }) => ZoneId),
      );
      const missing = config.availabilityZoneIds.filter((zone) => !offered.has(zone));
      if (missing.length > 0) {
        const usable = ZONE_IDS.filter((zone) => offered.has(zone)).slice(
          0,
          config.availabilityZoneIds.length,
        );
        return failed(
          `this account cannot use ${missing.join(', ')}`,
          `in cdk.json: "availabilityZoneIds": ${JSON.stringify(usable)}`,
        );
      }
      const moved = await findMovedSubnets({ account, config });
      return moved === undefined
        ? ok(config.availabilityZoneIds.join(', '))
        : failed(moved, 'in cdk.json: the zones and the range that it was deployed with');
    },
  },
];
