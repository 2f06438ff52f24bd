import { DescribeAvailabilityZonesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsCall } from '../aws/aws-call';
import { isBootstrapped } from '../aws/bootstrap';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { type Check, failed, ok, warning } from './check';

/** The zone that MSK offers no brokers in. https://docs.aws.amazon.com/msk/latest/developerguide/troubleshooting.html */
const ZONE_WITHOUT_MSK = 'use1-az3';

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
    name: 'zones',
    needs: ['credentials'],
    examine: async () => {
      const ec2 = new EC2Client(account.client);
      const { AvailabilityZones = [] } = await awsCall('ec2:DescribeAvailabilityZones', () =>
        ec2.send(new DescribeAvailabilityZonesCommand()),
      );
      const usable = AvailabilityZones.filter(
        ({ ZoneId, ZoneType, State }) =>
          ZoneId !== ZONE_WITHOUT_MSK &&
          (ZoneType ?? 'availability-zone') === 'availability-zone' &&
          State !== 'unavailable',
      ).map(({ ZoneName }) => String(ZoneName));
      const unusable = config.availabilityZones.filter((zone) => !usable.includes(zone));
      if (unusable.length === 0) return ok(config.availabilityZones.join(', '));
      const named = unusable.map((zone) => {
        const id = AvailabilityZones.find(({ ZoneName }) => ZoneName === zone)?.ZoneId;
        return `${zone} is ${id ?? 'not a zone of this account'}`;
      });
      return failed(
        `MSK cannot use these: ${named.join(', ')}`,
        `in cdk.json: "availabilityZones": ${JSON.stringify(usable.slice(0, config.availabilityZones.length))}`,
      );
    },
  },
];
