import { once } from 'node:events';
import { connect } from 'node:net';
import { Server, utils } from 'ssh2';

/** An SSH server on 127.0.0.1, in this process. */
export interface SshServer {
  readonly port: number;
  /** Where clients asked to be led to, as `host:port`. */
  readonly forwarded: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts an SSH server with a new host key. It lets in whoever has the private key of `publicKey`, answers a command with
 * the command, and leads where a client asks.
 */
export async function sshServer(publicKey: string, user: string, port = 0): Promise<SshServer> {
  const allowed = utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  const forwarded: string[] = [];
  const server = new Server({ hostKeys: [utils.generateKeyPairSync('ed25519').private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (login) => {
      const isKnown =
        login.method === 'publickey' &&
        login.username === user &&
        login.key.data.equals(allowed.getPublicSSH()) &&
        (login.signature === undefined ||
          login.blob === undefined ||
          allowed.verify(login.blob, login.signature, login.hashAlgo) === true);
      if (isKnown) login.accept();
      else login.reject(['publickey']);
    });
    client.on('ready', () => {
      client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
        forwarded.push(`${destIP}:${destPort}`);
        const channel = accept();
        const socket = connect(destPort, destIP);
        socket.on('error', () => channel.end());
        channel.on('error', () => socket.destroy());
        socket.pipe(channel).pipe(socket);
      });
      client.on('session', (accept) => {
        accept().on('exec', (acceptCommand, _reject, { command }) => {
          const channel = acceptCommand();
          channel.write(`ran ${command}\n`);
          channel.exit(7);
          channel.end();
        });
      });
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    forwarded,
    close: async () => {
      server.close();
    },
  };
}
