/** The parts of the client behind its interface that the emitter uses. They are those of kafkajs 2.2.4, its last release. */

declare module 'kafkajs/src/protocol/requests' {
  export interface ProduceArguments {
    readonly transactionalId?: string | null;
    readonly producerId?: { toString(): string };
    readonly producerEpoch?: number;
    readonly acks: number;
    /** Milliseconds. */
    readonly timeout: number;
    readonly compression?: number;
    readonly topicData: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly firstSequence?: number;
        readonly messages: readonly import('kafkajs').Message[];
      }[];
    }[];
  }

  export interface ProduceRequest {
    readonly apiVersion: number;
    encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  }

  /** Builds a request and reads its answer, by the version that the broker speaks. */
  export interface ProduceDefinition {
    readonly versions: readonly string[];
    protocol(options: {
      version: number;
    }): (argument: ProduceArguments) => { readonly request: ProduceRequest; readonly response: unknown };
  }

  /** The client looks up here how to make a request, each time. */
  export const requests: { Produce: ProduceDefinition };
}

declare module 'kafkajs/src/cluster/brokerPool' {
  /** The brokers that a client knows. */
  class BrokerPool {
    /** The broker of the configured ones that is asked first. */
    seedBroker: { isConnected(): boolean; connect(): Promise<void>; disconnect(): Promise<void> } | undefined;
    connect(): Promise<void>;
    createSeedBroker(): Promise<void>;
    disconnect(): Promise<void>;
    findConnectedBroker(): Promise<object>;
    refreshMetadata(topics: readonly string[]): Promise<void>;
    /** Asks one broker after another until one does not throw; `null` where all have. */
    withBroker<T>(ask: (broker: object) => Promise<T>): Promise<T | null>;
  }
  export default BrokerPool;
}

declare module 'kafkajs/src/protocol/message/compression' {
  export function lookupCodec(codec: number): {
    compress(records: { readonly buffer: Buffer }): Promise<Buffer>;
  };
}

declare module 'kafkajs/src/broker' {
  export interface AddPartitionsRequest {
    readonly transactionalId: string;
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  }

  /** A broker that requests are made to. */
  class Broker {
    /** The requests that it speaks, by their number. */
    readonly versions: Readonly<Record<number, object>> | null;
    readonly connectionPool: { send<T>(request: object): Promise<T> };
    addPartitionsToTxn(request: AddPartitionsRequest): Promise<unknown>;
    describeGroups(request: {
      readonly groupIds: readonly string[];
    }): Promise<import('kafkajs').GroupDescriptions>;
    produce(request: import('kafkajs/src/protocol/requests').ProduceArguments): Promise<unknown>;
  }
  export default Broker;
}

declare module 'kafkajs/src/cluster' {
  /** The cluster, as a client knows it. */
  class Cluster {
    /** Asks which broker is the coordinator of a group, or of a transactional id. */
    findGroupCoordinatorMetadata(request: {
      readonly groupId: string;
      readonly coordinatorType: number;
    }): Promise<object>;
    findBroker(broker: { readonly nodeId: number | string }): Promise<object>;
  }
  export default Cluster;
}

declare module 'kafkajs/src/network/connection' {
  export interface ConnectionRequest {
    readonly request: object;
    /** Whether an answer that refuses the request is logged as an error. @default true */
    readonly logResponseError?: boolean;
  }

  /** A connection to a broker. */
  class Connection {
    send(request: ConnectionRequest): Promise<unknown>;
  }
  export default Connection;
}
