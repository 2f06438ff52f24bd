import { hideAbortedFromConsumers } from './aborted-records';
import { endTriesOnDisconnect, keepErrorsOfBrokers } from './broker-pool';
import { addZstd } from './codecs';
import { describeNewerGroups } from './consumer-groups';
import { rememberCoordinators } from './coordinators';
import { muteNegativeTimeoutWarning } from './negative-timeout-warning';
import { sendToOneBroker } from './one-broker-request';
import { encodeInOnePass } from './produce-request';
import { addPartitionsTogether } from './transaction-partitions';
import { nameUnreadableCodecs } from './unreadable-codecs';

let areInstalled = false;

/**
 * Changes the Kafka client (kafkajs 2.2.4, whose last release is of 2023) for this process, where it loses, hides or
 * misreports something. Called by whoever creates or is given a client; a second call does nothing.
 *
 * | what | why | upstream |
 * |---|---|---|
 * | consumers skip records of aborted transactions that overlap | it hands some of them on | none: `filterAbortedMessages.js` |
 * | errors of brokers are kept | it drops them, and says that there is no coordinator | none: `brokerPool.js` |
 * | tries to connect end when the client is disconnected | it goes on for half a minute | none: `brokerPool.js` |
 * | codecs that nobody here can decode are named | it says "compression not implemented" | none |
 * | zstd | it has the number of the codec, and no code | https://github.com/tulios/kafkajs/issues/910 |
 * | one warning of Node 24 is muted | it asks for timeouts below zero | https://github.com/tulios/kafkajs/issues/1751 |
 * | record batches are encoded in one pass | it makes an object and several copies of every record | none |
 * | requests for several partitions are made once | it repeats them in other pieces, and rows are lost or repeated | https://github.com/tulios/kafkajs/issues/598, 1303 |
 * | members of groups of the newer protocol are seen | it knows the older one only | none |
 * | coordinators are looked up once | it looks them up before every request to them | none: `cluster/index.js` |
 * | the partitions of a transaction are added in one request | it makes one for each send | none: `eosManager/index.js` |
 */
export function installKafkaPatches(): void {
  if (areInstalled) return;
  areInstalled = true;
  hideAbortedFromConsumers();
  keepErrorsOfBrokers();
  endTriesOnDisconnect();
  nameUnreadableCodecs();
  addZstd();
  muteNegativeTimeoutWarning();
  encodeInOnePass();
  sendToOneBroker();
  describeNewerGroups();
  rememberCoordinators();
  addPartitionsTogether();
}
