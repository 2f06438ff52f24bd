import BrokerPool from 'kafkajs/src/cluster/brokerPool';

let isPatched = false;

/**
 * Lets the client say why no broker did what it asks of any of them: kafkajs 2.2.4 drops the errors, and says that there
 * is no group coordinator, or reads a property of null (`withBroker` in `src/cluster/brokerPool.js`).
 */
export function keepErrorsOfBrokers(): void {
  if (isPatched) return;
  isPatched = true;
  const { withBroker } = BrokerPool.prototype;
  BrokerPool.prototype.withBroker = async function keepingErrors<T>(
    this: BrokerPool,
    ask: (broker: object) => Promise<T>,
  ): Promise<T | null> {
    let last: unknown;
    const answer = await (withBroker<T>).call(this, async (broker) => {
      try {
        return await ask(broker);
      } catch (error) {
        last = error;
        throw error;
      }
    });
    if (answer === null && last !== undefined) throw last;
    return answer;
  };
}
