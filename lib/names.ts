/** The five stacks, in the order in which they are deployed. */
export const STACKS = ['Network', 'KafkaCluster', 'RdsAccess', 'Emitter', 'KafkaClient'] as const;

/** One of {@link STACKS}. */
export type StackId = (typeof STACKS)[number];

/**
 * Builds a name that is unique to one user's pipeline, for example `Pinterest-ada-KafkaCluster`, the name of a stack.
 *
 * A user id may contain `_`, which neither CloudFormation nor MSK allows in names.
 */
export const nameOf = (userId: string, what: string): string =>
  `Pinterest-${userId.replaceAll('_', '-')}-${what}`;

/** Keys of the stacks' outputs, by stack. The scripts look them up. */
export const OUTPUTS = {
  Network: { natAddress: 'NatIpAddress' },
  KafkaCluster: { bootstrapServers: 'BootstrapServers', clusterArn: 'ClusterArn' },
  RdsAccess: { secretArn: 'SecretArn' },
  Emitter: {
    functionName: 'FunctionName',
    verifierName: 'VerifierName',
    dashboardName: 'DashboardName',
    /** Separated by spaces. */
    scheduleNames: 'ScheduleNames',
  },
  KafkaClient: { instanceId: 'InstanceId', keyPairParameter: 'KeyPairParameter', keyPairName: 'KeyPairName' },
} as const satisfies Record<StackId, Record<string, string>>;

/**
 * User name in the secret of an existing database until `npm run put-credentials` replaces it. The database refuses it,
 * and the error message then names the missing step.
 */
export const PLACEHOLDER_USER = 'run-put-credentials-first';
