import Cluster from 'kafkajs/src/cluster';
import Connection from 'kafkajs/src/network/connection';
import { protocolErrorType } from './kafka-errors';

/** Raised when a request fails, or a connection: whatever was known of coordinators before is looked up again. */
let generation = 0;

/** A coordinator that was looked up. */
interface Known {
  readonly generation: number;
  readonly metadata: Promise<object>;
}

const knownOf = new WeakMap<Cluster, Map<string, Known>>();

/**
 * Lets a client look a coordinator up once, and again after any request or connection has failed: kafkajs 2.2.4 asks for it before
 * every request that goes there (`src/cluster/index.js`), which doubles the round trips of a transaction.
 */
export function rememberCoordinators(): void {
  const { findBroker, findGroupCoordinatorMetadata } = Cluster.prototype;
  const { send } = Connection.prototype;
  Cluster.prototype.findGroupCoordinatorMetadata = function remembering(this: Cluster, request) {
    const known = knownOf.get(this) ?? new Map<string, Known>();
    knownOf.set(this, known);
    const name = `${request.coordinatorType} ${request.groupId}`;
    const before = known.get(name);
    if (before?.generation === generation) return before.metadata;
    const metadata = findGroupCoordinatorMetadata.call(this, request);
    known.set(name, { generation, metadata });
    metadata.catch(() => known.delete(name));
    return metadata;
  };
  Cluster.prototype.findBroker = async function forgetting(this: Cluster, broker) {
    try {
      return await findBroker.call(this, broker);
    } catch (error) {
      generation += 1;
      throw error;
    }
  };
  Connection.prototype.send = async function noticing(this: Connection, request) {
    try {
      // Whoever makes a request gets the error, and knows whether it passes by itself.
      return await send.call(this, { ...request, logResponseError: false });
    } catch (error) {
      if (protocolErrorType(error) !== 'CONCURRENT_TRANSACTIONS') generation += 1;
      throw error;
    }
  };
}
