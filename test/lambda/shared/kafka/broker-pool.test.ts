import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../../../lambda/shared/kafka/kafka-client';
import { freePorts } from '../../../../scripts/machine/free-ports';

test('a client that is disconnected while it tries to connect opens no further socket', async () => {
  const [port] = await freePorts(1);
  const tries: string[] = [];
  const kafka = createKafka(
    { brokers: [`127.0.0.1:${port}`], authentication: 'none', region: 'us-east-1' },
    ({ message, level }) => level === 'error' && tries.push(message),
  );
  const admin = kafka.admin();
  const connecting = admin.connect().catch((error: Error) => error.name);
  await delay(200);
  expect(tries.length).toBeGreaterThan(0);

  await admin.disconnect();
  const before = tries.length;

  // The client waits for up to six seconds between its last tries.
  const late = delay(20_000, 'late', { ref: false });
  expect(await Promise.race([connecting, late])).toBe('DisconnectedError');
  await delay(1_000);
  expect(tries.length).toBeLessThanOrEqual(before + 2);
});
