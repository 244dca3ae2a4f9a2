import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Address } from '@hatchery/config';

/** The port, which can be closed for a drain and opened again. */
export class Listener {
  readonly #accept: (socket: Socket) => void;
  readonly #failed: (error: Error) => void;
  #server: Server;
  readonly #address: AddressInfo;

  /**
   * Resolves when the port is open. Several instances may have it open at once, so that a new one is there before the old one goes; unless
   * `shared`, that is refused when somebody has it already.
   * @throws the system error of listen(2), as EADDRINUSE
   */
  static async open(
    address: Address,
    { accept, failed, shared }: { accept: (socket: Socket) => void; failed: (error: Error) => void; shared: boolean },
  ): Promise<Listener> {
    // Without SO_REUSEPORT on this one, the kernel refuses it next to any other, whatever options that has (socket(7)).
    if (!shared && address.port !== 0) await close(await listen(createServer(), address, false));
    const server = await listen(createListener(), address, true);
    return new Listener(server, accept, failed);
  }

  private constructor(server: Server, accept: (socket: Socket) => void, failed: (error: Error) => void) {
    this.#accept = accept;
    this.#failed = failed;
    this.#server = server;
    this.#address = server.address() as AddressInfo;
    this.#serve(server);
  }

  get address(): AddressInfo {
    return this.#address;
  }

  /** Connections go on. */
  close(): void {
    this.#server.close();
  }

  /** Opens the same port again after {@link close}. @throws the system error of listen(2) */
  async reopen(): Promise<void> {
    if (this.#server.listening) return;
    const { address: host, port } = this.#address;
    this.#server = await listen(createListener(), { host, port }, true);
    this.#serve(this.#server);
  }

  #serve(server: Server): void {
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', (error) => this.#failed(error));
  }
}

/** Paused, for a balancer's header may have to be read before anything else, or the socket handed to another process. Nagle off: trap F. */
function createListener(): Server {
  return createServer({ noDelay: true, pauseOnConnect: true });
}

async function listen(server: Server, { host, port }: Address, reusePort: boolean): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port, reusePort }, resolve);
  await promise;
  server.off('error', reject);
  return server;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
