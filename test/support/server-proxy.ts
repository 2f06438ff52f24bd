import { TcpProxy } from './tcp-proxy';

const proxies: TcpProxy[] = [];

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

/** A {@link TcpProxy} that is stopped after the tests of the file. */
export class ServerProxy extends TcpProxy {
  /** See {@link TcpProxy.to}. */
  static override async to(target: number, port = 0): Promise<ServerProxy> {
    const proxy = new ServerProxy(target, port);
    proxies.push(proxy);
    await proxy.start();
    return proxy;
  }
}
