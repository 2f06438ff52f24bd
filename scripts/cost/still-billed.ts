import { CloudWatchLogsClient, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeAddressesCommand,
  EC2Client,
  type Filter,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { paginateDescribeDBSnapshots, RDSClient } from '@aws-sdk/client-rds';
import { nameOf, STACKS } from '../../lib/names';
import { accountId } from '../aws/account-id';
import { allPages } from '../aws/all-pages';
import { awsCall } from '../aws/aws-call';
import { isBootstrapped } from '../aws/bootstrap';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { type PresentStack, presentStacks } from '../aws/present-stacks';
import { HOURS_A_MONTH } from './bill';
import { PRICES } from './prices';

/** Billed resource of a pipeline that belongs to no working stack. */
export interface StillBilled {
  readonly what: string;
  /** Maximum in dollars a month at list prices; absent if it depends on the content. */
  readonly dollarsAMonth?: number;
  /** Command that removes it. */
  readonly remove: string;
}

/**
 * Finds the leftovers of a pipeline: stacks that could not be deleted, snapshots of its database, logs, unused volumes and
 * addresses; and, if no stack is left, the bundles that "cdk bootstrap" keeps for all CDK apps of the account.
 *
 * @throws AwsError
 */
export async function stillBilled(
  pipeline: Pick<DeployedPipeline, 'account' | 'config'>,
): Promise<StillBilled[]> {
  const stacks = await presentStacks(pipeline.account, pipeline.config.userId);
  const found = await Promise.all([
    brokenStacks(pipeline, stacks),
    snapshots(pipeline),
    logGroups(pipeline, stacks),
    volumes(pipeline),
    addresses(pipeline),
    stacks.length === 0 ? bundles(pipeline) : [],
  ]);
  return found.flat();
}

/** Formats what is still billed for people. */
export const stillBilledText = (items: readonly StillBilled[]): string =>
  items.length === 0
    ? 'Nothing of this pipeline is billed any more.'
    : [
        'Still billed, each with the command that removes it:',
        ...items.flatMap(({ what, dollarsAMonth, remove }) => [
          `  ${what}${dollarsAMonth === undefined ? '' : `, at most $${dollarsAMonth.toFixed(2)} a month`}`,
          `    ${remove}`,
        ]),
      ].join('\n');

type Finder = Pick<DeployedPipeline, 'account' | 'config'>;

const brokenStacks = ({ config }: Finder, stacks: readonly PresentStack[]): StillBilled[] =>
  stacks
    .filter(({ StackStatus }) =>
      /^(DELETE|CREATE|ROLLBACK)_FAILED$|^ROLLBACK_COMPLETE$/.test(StackStatus ?? ''),
    )
    .map(({ StackName, StackStatus, StackStatusReason }) => ({
      what: `What is left of the stack ${StackName} (${StackStatus}${StackStatusReason ? `: ${StackStatusReason}` : ''})`,
      remove: `npm run destroy -- --user-id ${config.userId}`,
    }));

async function snapshots({ account: { client }, config: { userId } }: Finder): Promise<StillBilled[]> {
  const all = await allPages(
    'rds:DescribeDBSnapshots',
    paginateDescribeDBSnapshots({ client: new RDSClient(client) }, { SnapshotType: 'manual' }),
    ({ DBSnapshots }) => DBSnapshots,
  );
  return all
    .filter(({ TagList = [] }) =>
      Object.entries(tagsOf(userId)).every(([key, value]) =>
        TagList.some((tag) => tag.Key === key && tag.Value === value),
      ),
    )
    .map(({ DBSnapshotIdentifier, AllocatedStorage = 0 }) => ({
      what: `Snapshot ${DBSnapshotIdentifier} of a database of ${AllocatedStorage} GiB`,
      dollarsAMonth: AllocatedStorage * PRICES['RDS backup storage'].dollars,
      remove: `aws rds delete-db-snapshot --region ${client.region} --db-snapshot-identifier ${DBSnapshotIdentifier}`,
    }));
}

async function logGroups(
  { account: { client }, config: { userId } }: Finder,
  stacks: readonly PresentStack[],
): Promise<StillBilled[]> {
  const logs = new CloudWatchLogsClient(client);
  const gone = STACKS.filter((id) => !stacks.some((stack) => stack.id === id));
  // Named by CloudFormation and by Lambda.
  const prefixes = gone.flatMap((id) => ['', '/aws/lambda/'].map((path) => `${path}${nameOf(userId, id)}-`));
  const all = await Promise.all(
    prefixes.map((logGroupNamePrefix) =>
      allPages(
        'logs:DescribeLogGroups',
        paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix }),
        (page) => page.logGroups,
      ),
    ),
  );
  return all.flat().map(({ logGroupName, storedBytes = 0 }) => ({
    what: `Log group ${logGroupName}`,
    dollarsAMonth: (storedBytes / 2 ** 30) * PRICES['log storage'].dollars,
    remove: `aws logs delete-log-group --region ${client.region} --log-group-name '${logGroupName}'`,
  }));
}

async function volumes({ account: { client }, config: { userId } }: Finder): Promise<StillBilled[]> {
  const unused = { Name: 'status', Values: ['available'] };
  const all = await allPages(
    'ec2:DescribeVolumes',
    paginateDescribeVolumes({ client: new EC2Client(client) }, { Filters: [...tagFilters(userId), unused] }),
    ({ Volumes }) => Volumes,
  );
  return all.map(({ VolumeId, Size = 0 }) => ({
    what: `Volume ${VolumeId} of ${Size} GiB`,
    dollarsAMonth: Size * PRICES['gp3 volume'].dollars,
    remove: `aws ec2 delete-volume --region ${client.region} --volume-id ${VolumeId}`,
  }));
}

async function addresses({ account: { client }, config: { userId } }: Finder): Promise<StillBilled[]> {
  const { Addresses = [] } = await awsCall('ec2:DescribeAddresses', () =>
    new EC2Client(client).send(new DescribeAddressesCommand({ Filters: tagFilters(userId) })),
  );
  return Addresses.filter(({ AssociationId }) => AssociationId === undefined).map(
    ({ PublicIp, AllocationId }) => ({
      what: `Public address ${PublicIp}`,
      dollarsAMonth: HOURS_A_MONTH * PRICES['public IPv4 address'].dollars,
      remove: `aws ec2 release-address --region ${client.region} --allocation-id ${AllocationId}`,
    }),
  );
}

async function bundles({ account }: Finder): Promise<StillBilled[]> {
  if (!(await isBootstrapped(account))) return [];
  const { region } = account.client;
  const id = await accountId(account);
  return [
    {
      what: `Bundles of earlier deployments in the bucket cdk-hnb659fds-assets-${id}-${region}, which all CDK apps of the account share`,
      remove: `npx cdk gc aws://${id}/${region} --unstable=gc`,
    },
  ];
}

/** Tags that every stack passes on to its resources. */
const tagsOf = (userId: string) => ({ Pipeline: 'pinterest-data-pipeline', UserId: userId });

const tagFilters = (userId: string): Filter[] =>
  Object.entries(tagsOf(userId)).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
