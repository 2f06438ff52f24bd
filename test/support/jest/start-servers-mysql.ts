import { startTestServers } from '../test-servers';

export default async (): Promise<void> => {
  globalThis.stopTestServers = await startTestServers('mysql');
};
