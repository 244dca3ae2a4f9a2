import { connect, type Socket } from 'node:net';
import { LineSplitter } from '@hatchery/event-feed';
import { keeperLineBytesMax } from '../limits.ts';
import type { KeeperEvent, KeeperRequest } from './messages.ts';
import { startKeeper } from './start-keeper.ts';

/** What a {@link KeeperLink} tells its owner. */
export interface KeeperListener {
  event(event: KeeperEvent): void;
  /** The keeper is gone; nobody will ever know how its children end. */
  lost(error: Error): void;
}

/** A connection to the keeper, which alone can fork, signal and reap. */
export class KeeperLink {
  readonly #socket: Socket;
  readonly #splitter = new LineSplitter(keeperLineBytesMax);
  #closing = false;

  private constructor(socket: Socket, listener: KeeperListener) {
    this.#socket = socket;
    let cause: Error = new Error('the keeper closed the connection');
    socket.on('error', (error) => (cause = error));
    socket.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) {
        const event = readEvent(line);
        if (event === null) return void socket.destroy(new Error(`the keeper speaks nonsense: ${line.slice(0, 80)}`));
        listener.event(event);
      }
      if (this.#splitter.overflow) socket.destroy(new Error('the keeper sent a line that is too long'));
    });
    socket.on('close', () => {
      if (!this.#closing) listener.lost(cause);
    });
  }

  /** Connects to the keeper that lives, or starts one. @throws {StartError} when none can be had */
  static async open(socketPath: string, runtimeDirectory: string, listener: KeeperListener): Promise<KeeperLink> {
    const living = await dial(socketPath).catch(() => null);
    if (living !== null) return new KeeperLink(living, listener);
    await startKeeper(runtimeDirectory);
    return new KeeperLink(await dial(socketPath), listener);
  }

  send(request: KeeperRequest): void {
    this.#socket.write(`${JSON.stringify(request)}\n`);
  }

  /** Leaves; the keeper and its children stay. With `quit` the keeper ends too, and resolves when it has. */
  async close(options: { readonly quit: boolean }): Promise<void> {
    this.#closing = true;
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    if (options.quit) this.send({ request: 'quit' });
    else this.#socket.end();
    await closed;
  }
}

function readEvent(line: string): KeeperEvent | null {
  try {
    return JSON.parse(line) as KeeperEvent;
  } catch {
    return null;
  }
}

function dial(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path });
  socket.once('connect', () => resolve(socket));
  socket.once('error', reject);
  return promise.finally(() => socket.off('error', reject));
}
