import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountPlan } from '../../../scripts/aws/account-plan';

/** Asks a server that answers so; returns the plan, and the headers that it got. */
async function ask(status: number, answer: string) {
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    headers = request.headers;
    response.writeHead(status).end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const plan = await accountPlan({
    client: {
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    },
  });
  server.close();
  return { plan, headers };
}

test('asks the Free Tier API, signed for it', async () => {
  const { plan, headers } = await ask(200, '{"accountPlanType":"FREE","accountPlanStatus":"ACTIVE"}');

  expect(plan).toBe('FREE');
  expect(headers['x-amz-target']).toBe('AWSFreeTierService.GetAccountPlanState');
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/us-east-1\/freetier\/aws4_request/,
  );
});

test.each([
  ['an account without a plan', 400, '{"__type":"ResourceNotFoundException"}'],
  ['a missing permission', 400, '{"__type":"AccessDeniedException"}'],
  ['an answer that is no JSON', 500, 'oops'],
])('knows no plan after %s', async (_, status, answer) => {
  expect((await ask(status, answer)).plan).toBeUndefined();
});
