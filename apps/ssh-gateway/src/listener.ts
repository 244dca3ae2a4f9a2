import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Address } from '@hatchery/config';
import { listenOnPort, openPort } from '@hatchery/daemon';

/**
 * A flood of connections must not keep the port open: those of so many turns were there before the
 * close.
 */
const closingTurnsMax = 100;

/** What a port does with what comes in. */
export interface Listening {
  readonly accept: (socket: Socket) => void;
  readonly failed: (error: Error) => void;
}

/** The port, or several where systemd opened them. */
export class Listener {
  readonly #servers: readonly Server[];
  readonly #address: AddressInfo;
  #accepted = 0;
  #closed: Promise<void> | null = null;

  /** Resolves when the port is open. `shared` and errors: see {@link openPort}. */
  static async open(address: Address, shared: boolean, listening: Listening): Promise<Listener> {
    const server = createListener();
    await openPort(server, address, shared);
    return new Listener([server], server.address() as AddressInfo, listening);
  }

  /**
   * Takes connections from sockets that were passed to us, of which there is one at least. Whoever
   * else has them may take connections too, from the same queues: what one leaves when it closes
   * its copy is there for the others.
   * @throws {StartError}
   */
  static async take(fds: readonly number[], listening: Listening): Promise<Listener> {
    const servers: Server[] = [];
    const addresses: AddressInfo[] = [];
    try {
      for (const fd of fds) {
        const server = createListener();
        addresses.push(await listenOnPort(server, fd, 'ssh'));
        servers.push(server);
      }
      return new Listener(servers, addresses[0] as AddressInfo, listening);
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
  }

  private constructor(
    servers: readonly Server[],
    address: AddressInfo,
    { accept, failed }: Listening,
  ) {
    for (const server of servers) {
      server.on('error', failed).on('connection', (socket) => {
        this.#accepted += 1;
        accept(socket);
      });
    }
    this.#servers = servers;
    this.#address = address;
  }

  get address(): AddressInfo {
    return this.#address;
  }

  /**
   * Connections go on. What the kernel has queued is taken first: where nobody else has this very
   * socket closing would reset it, whoever else shares the port (without net.ipv4.tcp_migrate_req).
   * It is closed in the turn after one that brought nothing. Resolves then.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#closeWhenEmpty());
  }

  async #closeWhenEmpty(): Promise<void> {
    for (
      let [before, turns] = [-1, 0];
      before !== this.#accepted && turns < closingTurnsMax;
      turns += 1
    ) {
      before = this.#accepted;
      await turn();
    }
    for (const server of this.#servers) server.close();
  }
}

/**
 * Paused, for a balancer's header may have to be read before anything else, or the socket handed to
 * another process. Nagle off: trap F.
 */
function createListener(): Server {
  return createServer({ noDelay: true, pauseOnConnect: true });
}
