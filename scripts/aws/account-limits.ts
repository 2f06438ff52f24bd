import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { accountPlan } from './account-plan';
import { awsCall } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';

/** Something that an account may refuse. Without this check, it does so in the middle of a deployment. */
export interface AccountLimit {
  /** `refused`: AWS will refuse it; `likely`: AWS refuses it in most accounts like this one. */
  readonly severity: 'refused' | 'likely';
  /** Sentence that names the field, its value, and what is allowed. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Concurrent executions of an account whose quotas have never been reduced. */
const FULL_CONCURRENCY = 1000;

/**
 * Maximum memory of a function, in MB, in a new account. AWS shows the quota nowhere, but raises it with that for concurrent
 * executions: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const NEW_ACCOUNT_MEMORY_MB = 3008;

/** Longest backups, in days, that RDS gives to an account on the free plan. It answers `FreeTierRestrictionError` otherwise. */
const FREE_PLAN_BACKUP_DAYS = 1;

/** Executions that run beside the shards: the verifier. */
const OTHER_EXECUTIONS = 1;

const RAISE_QUOTA =
  'aws service-quotas request-service-quota-increase --region us-east-1 --service-code lambda --quota-code L-B99A9384 --desired-value 1000';

/**
 * Compares the quotas and the plan of an account with a configuration.
 *
 * @throws AwsError if Lambda cannot be asked.
 */
export async function accountLimits({
  account,
  config,
}: Pick<DeployedPipeline, 'account' | 'config'>): Promise<AccountLimit[]> {
  const [{ AccountLimit: limits }, plan] = await Promise.all([
    awsCall('lambda:GetAccountSettings', () =>
      new LambdaClient(account.client).send(new GetAccountSettingsCommand({})),
    ),
    accountPlan(account),
  ]);
  const concurrency = limits?.ConcurrentExecutions ?? FULL_CONCURRENCY;
  const unreserved = limits?.UnreservedConcurrentExecutions ?? concurrency;
  const { shards, memoryMB } = config.emitter;
  const { database } = config;
  const found: AccountLimit[] = [];
  if (shards + OTHER_EXECUTIONS > unreserved) {
    found.push({
      severity: 'refused',
      text: `pipeline.emitter.shards is ${shards}: allowed: at most ${Math.max(unreserved - OTHER_EXECUTIONS, 0)}, because this account may run ${unreserved} functions at once, and one of them is the verifier`,
      fix: RAISE_QUOTA,
    });
  }
  if (memoryMB > NEW_ACCOUNT_MEMORY_MB && concurrency < FULL_CONCURRENCY) {
    found.push({
      severity: 'likely',
      text: `pipeline.emitter.memoryMB is ${memoryMB}: allowed in a new account: at most ${NEW_ACCOUNT_MEMORY_MB}, and the quota of ${concurrency} concurrent executions shows that this is one`,
      fix: `set it to ${NEW_ACCOUNT_MEMORY_MB}, or raise the quotas first: ${RAISE_QUOTA}`,
    });
  }
  if (plan === 'FREE' && database.mode === 'provisioned' && database.backupDays > FREE_PLAN_BACKUP_DAYS) {
    found.push({
      severity: 'refused',
      text: `pipeline.database.backupDays is ${database.backupDays}: allowed: ${FREE_PLAN_BACKUP_DAYS}, because this account is on AWS's free plan`,
      fix: `set it to ${FREE_PLAN_BACKUP_DAYS}, or upgrade the plan in the Billing console`,
    });
  }
  return found;
}
