import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { controlSocketPath, type Config } from '@hatchery/config';
import { ConnectionLimits, UnixName, type UnixNameOptions } from '@hatchery/daemon';
import { createControlServer, type ControlContext } from '../control/control-server.ts';
import { listenBacklog, silentClientsMax } from '../limits.ts';

/** What a connection is given to, once there is somebody to serve it. */
export type TakeConnection = (socket: Socket) => void;

/**
 * The two sockets of a forker: that of the fork protocol and that of control. Each can be there
 * before the forker can serve: connections then wait, and are refused by nobody.
 */
export class Entrance {
  readonly #config: Config;
  readonly #forks: Server;
  readonly #control: HttpServer;
  readonly #connections = new Set<Socket>();
  /** Those of them that have sent their request. */
  readonly #served = new WeakSet<Socket>();
  readonly #takesForks = Promise.withResolvers<TakeConnection>();
  readonly #takesControl = Promise.withResolvers<ControlContext>();
  readonly #limits: ConnectionLimits;
  #forksName: UnixName | null = null;
  #controlName: UnixName | null = null;
  #namesAreLeft = false;

  constructor(config: Config) {
    this.#config = config;
    this.#forks = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#receive(socket),
    );
    const allMax = config.forker.childrenMax + silentClientsMax;
    this.#limits = new ConnectionLimits(this.#forks, { perPeerMax: allMax, allMax });
    this.#control = createControlServer(this.#takesControl.promise);
  }

  /** The client has sent its request: it does not give way to newer ones any more. */
  hasAsked(socket: Socket): void {
    this.#limits.busy(socket);
    this.#served.add(socket);
  }

  /** Clients of the fork protocol that wait for an answer or an exit. */
  get clients(): number {
    return this.#connections.size;
  }

  /** Opens the socket of control. @throws {StartError} when another service has it */
  async openControl(): Promise<void> {
    this.#controlName = await UnixName.open(
      this.#control,
      controlSocketPath(this.#config),
      this.#options,
    );
  }

  /** Opens the socket of the fork protocol. @throws {StartError} when another service has it */
  async openForks(): Promise<void> {
    this.#forksName = await UnixName.open(this.#forks, this.#config.forker.socket, this.#options);
  }

  /**
   * Listens on both, and leaves their names to the predecessor. @throws {StartError} when that
   * cannot be
   */
  async listen(): Promise<void> {
    this.#forksName = await UnixName.listen(this.#forks, this.#config.forker.socket, this.#options);
    this.#controlName = await UnixName.listen(
      this.#control,
      controlSocketPath(this.#config),
      this.#options,
    );
  }

  /** Takes both names over: from now on every client comes here. */
  takeNames(): void {
    this.#forksName?.take();
    this.#controlName?.take();
  }

  /**
   * From now on a successor takes the names when it likes: closing the sockets leaves them alone.
   */
  leaveNames(): void {
    this.#namesAreLeft = true;
  }

  /**
   * True when this process cannot be reached by the path of the fork protocol's socket: it has
   * closed, or a successor has the path.
   */
  get isReplaced(): boolean {
    return this.#forksName?.isReplaced ?? true;
  }

  serveForks(take: TakeConnection): void {
    this.#takesForks.resolve(take);
  }

  serveControl(context: ControlContext): void {
    this.#takesControl.resolve(context);
  }

  closeForks(): void {
    this.#close(this.#forksName);
    this.#forksName = null;
  }

  closeControl(): void {
    this.#control.closeAllConnections();
    this.#close(this.#controlName);
    this.#controlName = null;
  }

  /** Lets its clients go: what has been written to them arrives, and nothing more comes. */
  dismiss(): void {
    for (const connection of this.#connections) connection.destroySoon();
  }

  /**
   * As {@link dismiss}, but for clients whose request is still to come: each of those gets its
   * answer at the deadline of requests.
   */
  dismissServed(): void {
    for (const connection of this.#connections)
      if (this.#served.has(connection)) connection.destroySoon();
  }

  #close(name: UnixName | null): void {
    if (this.#namesAreLeft) name?.leave();
    else name?.[Symbol.dispose]();
  }

  get #options(): UnixNameOptions {
    return { mode: this.#config.forker.socketMode, backlog: listenBacklog };
  }

  #receive(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#connections.delete(socket));
    void this.#takesForks.promise.then((take) => {
      take(socket);
      socket.resume();
    });
  }
}
