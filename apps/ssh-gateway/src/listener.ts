import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Address } from '@hatchery/config';
import { openPort } from './open-port.ts';

/** A flood of connections must not keep the port open: those of so many turns were there before the close. */
const closingTurnsMax = 100;

/** The port. */
export class Listener {
  readonly #server: Server;
  readonly #address: AddressInfo;
  #accepted = 0;
  #closed: Promise<void> | null = null;

  /** Resolves when the port is open. `shared` and errors: see {@link openPort}. */
  static async open(
    address: Address,
    { accept, failed, shared }: { accept: (socket: Socket) => void; failed: (error: Error) => void; shared: boolean },
  ): Promise<Listener> {
    const server = createListener();
    await openPort(server, address, shared);
    server.on('error', failed);
    return new Listener(server, accept);
  }

  private constructor(server: Server, accept: (socket: Socket) => void) {
    server.on('connection', (socket) => {
      this.#accepted += 1;
      accept(socket);
    });
    this.#server = server;
    this.#address = server.address() as AddressInfo;
  }

  get address(): AddressInfo {
    return this.#address;
  }

  /**
   * Connections go on. What the kernel has queued for this socket is taken first, since closing would reset it, whoever
   * else shares the port (without net.ipv4.tcp_migrate_req): it is closed in the turn after one that brought nothing.
   * Resolves then.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#closeWhenEmpty());
  }

  async #closeWhenEmpty(): Promise<void> {
    for (let [before, turns] = [-1, 0]; before !== this.#accepted && turns < closingTurnsMax; turns += 1) {
      before = this.#accepted;
      await turn();
    }
    this.#server.close();
  }
}

/** Paused, for a balancer's header may have to be read before anything else, or the socket handed to another process. Nagle off: trap F. */
function createListener(): Server {
  return createServer({ noDelay: true, pauseOnConnect: true });
}
