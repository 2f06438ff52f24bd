import { CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { EMITTER_ALARMS } from '../../lib/alarms';
import { nameOf } from '../../lib/names';
import { allPages } from '../aws/all-pages';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { type Finding, failed, ok, warning } from './check';

/** Time within which every metric should have its first value, in milliseconds. */
const FIRST_DATA_MS = 3_600_000;

/** Examines the alarms: those that fire, and those that still have no data an hour after their creation. */
export async function examineAlarms({ account, config }: DeployedPipeline): Promise<Finding> {
  const client = new CloudWatchClient(account.client);
  const alarms = await allPages(
    'cloudwatch:DescribeAlarms',
    paginateDescribeAlarms({ client }, { AlarmNamePrefix: nameOf(config.userId, '') }),
    ({ MetricAlarms }) => MetricAlarms,
  );
  // The emulator publishes no metrics of brokers.
  const silent = account.isEmulator ? [] : alarms.filter(isSilent);
  const firing = [
    ...alarms.filter(({ StateValue }) => StateValue === 'ALARM'),
    // For this one no data is what it is about.
    ...silent.filter(({ AlarmName }) => AlarmName?.endsWith(EMITTER_ALARMS.silent)),
  ];
  if (firing.length > 0) {
    return failed(
      firing.map(({ AlarmName }) => AlarmName).join('; '),
      firing.map(({ AlarmDescription }) => AlarmDescription).join('\n'),
    );
  }
  return silent.length === 0
    ? ok('none fires')
    : warning(
        `no data for an hour, so these cannot fire: ${silent.map(({ AlarmName }) => AlarmName).join('; ')}`,
        `compare the names of their metrics with those that there are: aws cloudwatch list-metrics --region ${config.region} --namespace AWS/Kafka --dimensions 'Name=Cluster Name,Value=${nameOf(config.userId, 'Kafka')}'`,
      );
}

const isSilent = ({ StateValue, StateUpdatedTimestamp }: MetricAlarm): boolean =>
  StateValue === 'INSUFFICIENT_DATA' &&
  Date.now() - (StateUpdatedTimestamp?.getTime() ?? Date.now()) > FIRST_DATA_MS;
