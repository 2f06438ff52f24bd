export default async (): Promise<void> => {
  await globalThis.stopTestServers?.();
};
