/** The five stacks, in the order in which they are deployed. */
export const STACKS = ['Network', 'KafkaCluster', 'KafkaClient', 'RdsAccess', 'Emitter'] as const;

/** One of {@link STACKS}. */
export type StackId = (typeof STACKS)[number];

/**
 * A name for something of one user's pipeline, for example `Pinterest-ada-KafkaCluster`; also the name of a stack.
 *
 * Neither CloudFormation nor MSK allows `_` in names, which a user's id may have.
 */
export const nameOf = (userId: string, what: string): string =>
  `Pinterest-${userId.replaceAll('_', '-')}-${what}`;

/** Keys of the stacks' outputs, by stack: what scripts look up. */
export const OUTPUTS = {
  Network: { natAddress: 'NatIpAddress' },
  KafkaCluster: { bootstrapServers: 'BootstrapServers', clusterArn: 'ClusterArn' },
  KafkaClient: { instanceId: 'InstanceId', keyPairParameter: 'KeyPairParameter', keyPairName: 'KeyPairName' },
  RdsAccess: { secretArn: 'SecretArn' },
  Emitter: {
    functionName: 'FunctionName',
    verifierName: 'VerifierName',
    dashboardName: 'DashboardName',
    /** Separated by spaces. */
    scheduleNames: 'ScheduleNames',
  },
} as const satisfies Record<StackId, Record<string, string>>;

/**
 * The user in the secret of an existing database until `npm run put-credentials` has put another one: the database
 * refuses it, by a name that says what is missing.
 */
export const PLACEHOLDER_USER = 'run-put-credentials-first';
