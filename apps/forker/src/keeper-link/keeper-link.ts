import { connect, type Socket } from 'node:net';
import { LineSplitter } from '@hatchery/event-feed';
import { keeperCloseMsMax, keeperLineBytesMax } from '../limits.ts';
import type { KeeperEvent, KeeperRequest } from './messages.ts';
import { readEvent } from './read-event.ts';
import { startKeeper } from './start-keeper.ts';

/** What is shown of a line that is not taken. */
const shownOfLineMax = 80;

/** What a {@link KeeperLink} tells its owner. */
export interface KeeperListener {
  event(event: KeeperEvent): void;
  /**
   * It passed on a child's word that no child says, or that is not known here; `what` has its
   * beginning, and the field that cannot be.
   */
  unbelieved(what: string): void;
  /** The keeper is gone; nobody will ever know how its children end. */
  lost(error: Error): void;
}

/** A connection to the keeper, which alone can fork, signal and reap. */
export class KeeperLink {
  readonly #socket: Socket;
  readonly #splitter = new LineSplitter(keeperLineBytesMax);
  /** True of a keeper that was started for this link. */
  readonly isNew: boolean;
  #closing = false;

  private constructor(socket: Socket, listener: KeeperListener, isNew: boolean) {
    this.#socket = socket;
    this.isNew = isNew;
    let cause: Error = new Error('the keeper closed the connection');
    socket.on('error', (error) => (cause = error));
    socket.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) {
        const heard = readEvent(line);
        if ('event' in heard) {
          listener.event(heard);
          continue;
        }
        const shown = line.slice(0, shownOfLineMax);
        const what =
          heard.field === null ? shown : `${shown}: its ${heard.field} is missing or cannot be`;
        if (!heard.harmless)
          return void socket.destroy(new Error(`the keeper speaks nonsense: ${what}`));
        listener.unbelieved(what);
      }
      if (this.#splitter.overflow)
        socket.destroy(new Error('the keeper sent a line that is too long'));
    });
    socket.on('close', () => {
      if (!this.#closing) listener.lost(cause);
    });
  }

  /** Connects to the keeper that lives, or starts one. @throws {StartError} when none can be had */
  static async open(
    socketPath: string,
    runtimeDirectory: string,
    listener: KeeperListener,
  ): Promise<KeeperLink> {
    const living = await dial(socketPath).catch(() => null);
    if (living !== null) return new KeeperLink(living, listener, false);
    await startKeeper(runtimeDirectory);
    return new KeeperLink(await dial(socketPath), listener, true);
  }

  send(request: KeeperRequest): void {
    this.#socket.write(`${JSON.stringify(request)}\n`);
  }

  /**
   * Leaves; the keeper and its children stay. With `quit` the keeper ends too. Resolves when it has
   * let us go or has ended, with false when it does neither and was left all the same.
   */
  async close(options: { readonly quit: boolean }): Promise<boolean> {
    this.#closing = true;
    if (this.#socket.closed) return true;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    if (options.quit) this.send({ request: 'quit' });
    else this.#socket.end();
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      this.#socket.destroy();
    }, keeperCloseMsMax);
    await closed.finally(() => clearTimeout(late));
    return !isLate;
  }
}

function dial(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path });
  socket.once('connect', () => resolve(socket));
  socket.once('error', reject);
  return promise.finally(() => socket.off('error', reject));
}
