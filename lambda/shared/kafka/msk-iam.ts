import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import type { Mechanism } from 'kafkajs';
import { AccessDeniedError } from '../errors';

/**
 * The login of Amazon MSK: a token that the role's key has signed, in the SASL mechanism OAUTHBEARER.
 *
 * The client's own OAUTHBEARER does not look at the answer. A broker that refuses a token says so in a challenge, which is
 * no error yet (https://datatracker.ietf.org/doc/html/rfc7628#section-3.2.2), and closes the connection at whatever comes
 * next: the client would try that again and again, and never tell why.
 *
 * Its `authenticate` throws an AccessDeniedError then, which the client does not try again.
 */
export const mskIam = (region: string): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }) => ({
    authenticate: async () => {
      const { token } = await generateAuthToken({ region });
      const challenge = await saslAuthenticate({
        request: { encode: () => initialResponse(token) },
        response: TEXT,
      });
      if (challenge)
        throw new AccessDeniedError(`Kafka refused the authentication, a token of IAM: ${challenge}`);
    },
  }),
});

/** https://datatracker.ietf.org/doc/html/rfc7628#section-3.1, behind its length, as Kafka carries bytes. */
function initialResponse(token: string): Buffer {
  const message = Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** The answer behind its length; empty where the token is taken. */
const TEXT = {
  decode: (bytes: Buffer) => bytes.subarray(4),
  parse: (bytes: Buffer) => bytes.toString(),
};
