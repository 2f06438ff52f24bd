import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeClusterV2Command, KafkaClient, ListTopicsCommand } from '@aws-sdk/client-kafka';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { EmitEvent } from '../../lambda/emitter/event';
import { COPIED_ONLY, type EmitSummary, RECONCILE } from '../../lambda/emitter/summary';
import { deadLetterTopicOf, STREAMS, topicsOf } from '../../lambda/shared/streams';
import { type PipelineConfig, ZONES } from '../../lib/config';
import { PLACEHOLDER_USER } from '../../lib/names';
import { awsCall } from '../aws/aws-call';
import { databaseLogin } from '../aws/database-secret';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { FunctionError, invokeFunction } from '../aws/invoke-function';
import { stackOutputs } from '../aws/stack-outputs';
import { examineAlarms } from './alarm-check';
import { type Check, failed, ok, warning } from './check';
import { examineDatabaseAddress } from './database-address';
import { stackCheck } from './stack-checks';

/** Checks that rows can flow, and do. */
export function pipelineChecks(pipeline: DeployedPipeline): Check[] {
  let summary: Promise<EmitSummary> | undefined;
  /** Two checks look at the same run. */
  const dryRun = (): Promise<EmitSummary> => {
    summary ??= runDry(pipeline);
    return summary;
  };
  return [
    { name: 'cluster', needs: [stackCheck('KafkaCluster')], examine: () => examineCluster(pipeline) },
    { name: 'topics', needs: ['cluster'], examine: () => examineTopics(pipeline) },
    { name: 'secret', needs: [stackCheck('RdsAccess')], examine: () => examineSecret(pipeline) },
    {
      name: 'database address',
      needs: [stackCheck('RdsAccess')],
      examine: () => examineDatabaseAddress(pipeline),
    },
    { name: 'schedule', needs: [stackCheck('Emitter')], examine: () => examineSchedule(pipeline) },
    { name: 'last run', needs: [stackCheck('Emitter')], examine: () => examineLastRun(pipeline) },
    // After the last run, of which its own line in the log is no part.
    {
      name: 'emitter to database and Kafka',
      needs: [stackCheck('Emitter'), 'topics', 'secret'],
      examine: () => examineWay(dryRun),
    },
    {
      name: 'changes',
      needs: ['emitter to database and Kafka'],
      examine: () => examineChanges(dryRun, pipeline.config),
    },
    { name: 'alarms', needs: ['credentials'], examine: () => examineAlarms(pipeline) },
  ];
}

async function examineCluster({ account, config }: DeployedPipeline) {
  const { clusterArn: ClusterArn } = await stackOutputs(account, config.userId, 'KafkaCluster');
  const kafka = new KafkaClient(account.client);
  const { ClusterInfo } = await awsCall('kafka:DescribeClusterV2', () =>
    kafka.send(new DescribeClusterV2Command({ ClusterArn })),
  );
  const state = ClusterInfo?.State ?? 'gone';
  if (state === 'ACTIVE') return ok(state);
  if (state === 'FAILED' || state === 'gone') {
    return failed(
      `${state}: ${ClusterInfo?.StateInfo?.Message ?? 'no reason given'}`,
      'npm run destroy, npm run deploy',
    );
  }
  return warning(state, 'wait, and ask again');
}

async function examineTopics({ account, config }: DeployedPipeline) {
  const { clusterArn: ClusterArn } = await stackOutputs(account, config.userId, 'KafkaCluster');
  const kafka = new KafkaClient(account.client);
  const found = new Set<string | undefined>();
  let NextToken: string | undefined;
  do {
    const page = await awsCall('kafka:ListTopics', () =>
      kafka.send(new ListTopicsCommand({ ClusterArn, TopicNameFilter: config.userId, NextToken })),
    );
    for (const { TopicName } of page.Topics ?? []) found.add(TopicName);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  const missing = topicsOf(config.userId).filter((topic) => !found.has(topic));
  return missing.length === 0
    ? ok(topicsOf(config.userId).join(', '))
    : failed(
        `missing: ${missing.join(', ')}`,
        missing
          .map(
            (topic) =>
              `aws kafka create-topic --region ${config.region} --cluster-arn ${ClusterArn} --topic-name ${topic} --partition-count ${config.kafka.partitions} --replication-factor ${ZONES}${configsOf(topic, config)}`,
          )
          .join('\n'),
      );
}

/** Returns the option that gives a topic of a table the configured cleanup policy; Kafka's default is to delete. */
function configsOf(topic: string, { userId, kafka: { cleanupPolicy } }: PipelineConfig): string {
  return cleanupPolicy === 'delete' || topic === deadLetterTopicOf(userId)
    ? ''
    : ` --configs ${Buffer.from(`cleanup.policy=${cleanupPolicy}`).toString('base64')}`;
}

async function examineSecret(pipeline: DeployedPipeline) {
  const { user, host, port, database } = await databaseLogin(pipeline);
  return user === PLACEHOLDER_USER
    ? failed('the login of the database was not put into the secret yet', 'npm run put-credentials')
    : ok(`${user} at ${host}:${port}/${database}`);
}

/** A dry run of the emitter itself: its own role, its own network, nothing written. */
async function runDry({ account, config }: DeployedPipeline): Promise<EmitSummary> {
  const { functionName } = await stackOutputs(account, config.userId, 'Emitter');
  const event: EmitEvent = { dryRun: true, limit: 1 };
  return await invokeFunction<EmitSummary>(account, functionName, event);
}

async function examineWay(dryRun: () => Promise<EmitSummary>) {
  try {
    const { lagKeys } = await dryRun();
    return ok(`reached both; keys still to read: ${Math.max(...Object.values(lagKeys))}`);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    return failed(
      error.message,
      FIXES[error.errorName] ?? 'look at the log of the function: lib/RUNBOOK.md, "Emitter fails"',
    );
  }
}

/** Whether the topics follow the tables, and if not, the grant or setting that is missing. */
async function examineChanges(dryRun: () => Promise<EmitSummary>, { emitter }: PipelineConfig) {
  const { changes } = await dryRun();
  const those = (word: string): string[] =>
    STREAMS.flatMap(({ name, table }) =>
      changes[name].startsWith(word) ? `${table}: ${changes[name]}` : [],
    );
  const [lost, copied] = [those(RECONCILE), those(COPIED_ONLY)];
  if (lost.length > 0) return failed(lost.join('; '), 'npm run verify -- --mend');
  if (copied.length === 0) return ok('the topics follow the tables');
  return emitter.changes === 'copy'
    ? ok('rows are copied only, as emitter.changes says')
    : warning(
        copied.join('; '),
        'give the grant or setting that is named (lib/README.md, "An existing database"); or set emitter.changes to copy',
      );
}

/** By the name of the emitter's error. */
const FIXES: Readonly<Record<string, string>> = {
  AccessDeniedError:
    'npm run put-credentials where it is the database; npm run deploy where it is Kafka or the secret',
  UnreachableError:
    'see that the server named is up; of an existing database, that its firewall lets the pipeline in (output NatIpAddress, or its security group)',
  TableError: 'create the table that is named, or grant SELECT on it',
  TopicError: 'create the topic that is named',
  LogRefusedError:
    'give back the grant or the setting that is named; or set emitter.changes to copy, npm run deploy',
  CheckpointError: 'npm run verify -- --mend',
  ConfigurationError: 'npm run deploy',
};

async function examineSchedule({ account, config }: DeployedPipeline) {
  const { scheduleNames } = await stackOutputs(account, config.userId, 'Emitter');
  const scheduler = new SchedulerClient(account.client);
  const schedules = await awsCall('scheduler:GetSchedule', () =>
    Promise.all(
      scheduleNames.split(' ').map(async (Name) => {
        const { State, ScheduleExpression } = await scheduler.send(new GetScheduleCommand({ Name }));
        return { Name, State, ScheduleExpression };
      }),
    ),
  );
  const off = schedules.filter(({ State }) => State === 'DISABLED').map(({ Name }) => Name);
  if (off.length === 0) {
    const ofEach = schedules.length === 1 ? '' : `, for each of ${schedules.length} shards`;
    return ok(`${schedules[0]?.ScheduleExpression}${ofEach}`);
  }
  return warning(
    off.length === schedules.length
      ? 'switched off: nothing is emitted'
      : `switched off for some of the shards: what was given to these is not emitted`,
    `in the EventBridge Scheduler console, enable ${off.join(', ')}; or npm run emit by hand`,
  );
}

/** Outcome of the last run of each shard, from the emitter's log. */
async function examineLastRun({ account, config }: DeployedPipeline) {
  const { functionName: FunctionName } = await stackOutputs(account, config.userId, 'Emitter');
  const lambda = new LambdaClient(account.client);
  const { LoggingConfig } = await awsCall('lambda:GetFunctionConfiguration', () =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
  );
  const logs = new CloudWatchLogsClient(account.client);
  const since = Date.now() - 3 * config.emitter.everyMinutes * 60_000;
  const lines = await awsCall('logs:FilterLogEvents', async () => {
    const found: FilteredLogEvent[] = [];
    const pages = paginateFilterLogEvents(
      { client: logs },
      {
        logGroupName: LoggingConfig?.LogGroup,
        startTime: since,
        filterPattern: '?"Run ended" ?"Run failed"',
      },
    );
    for await (const { events = [] } of pages) found.push(...events);
    return found;
  });
  const ended = lines.filter(
    ({ message }) => /"Run (ended|failed)"/.test(`${message}`) && !`${message}`.includes('"dryRun":true'),
  );
  const lastOfShards = [...new Map(ended.map((line) => [shardOf(line), line])).values()];
  const last = lastOfShards.find(({ message }) => message?.includes('Run failed')) ?? ended.at(-1);
  if (last === undefined) {
    return warning(
      `none in ${3 * config.emitter.everyMinutes} minutes`,
      'just deployed: wait; otherwise see the schedule, or npm run emit',
    );
  }
  const at = new Date(last.timestamp ?? 0).toISOString();
  return String(last.message).includes('Run failed')
    ? failed(`the one of ${at} failed`, 'npm run emit shows why')
    : ok(`ended well at ${at}`);
}

/** Both the summary of a run that ended and the event of one that failed name the shard; that of the primary may not. */
const shardOf = ({ message }: FilteredLogEvent): string => /"shard":(\d+)/.exec(`${message}`)?.[1] ?? '0';
