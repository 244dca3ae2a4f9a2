// Long: one rule of who may own and replace a Unix socket.
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { BoundSocket, connect, type BoundSocketOptions, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { isGone } from './process-identity.ts';
import { StartError } from './start-error.ts';

/** Who may reach a socket, and how one that cannot be had is spoken of. */
export interface UnixNameOptions {
  /** The socket's file mode: its access control. */
  readonly mode: number;
  /** Connections that wait for accept(2); node's own 511 without. */
  readonly backlog?: number;
  /** What an error calls the socket; its path without. */
  readonly called?: string;
  /** The whole error when somebody living answers there. */
  readonly taken?: string;
}

/** A process that runs when its successor starts. */
export interface Predecessor {
  readonly pid: number;
  readonly lives: () => boolean;
}

/**
 * A server that listens on a Unix socket, and the name by which clients find it. The two are apart:
 * a successor listens first and takes the name then, in one step (rename(2)), so that at every
 * instant a client finds one that listens.
 */
export class UnixName implements Disposable {
  readonly #close: () => void;
  readonly #path: string;
  /** What the socket is called as long as it does not have the name. */
  readonly #scratch: string;
  readonly #inode: bigint;
  /** From whom the name is taken, when it may go back there. */
  #predecessor: Predecessor | null = null;

  private constructor(close: () => void, path: string, scratch: string) {
    this.#close = close;
    this.#path = path;
    this.#scratch = scratch;
    this.#inode = inodeOf(scratch) ?? 0n;
  }

  /**
   * Listens, and leaves the name to whoever has it. @throws {StartError} when nothing can listen
   * there
   */
  static async listen(server: Server, path: string, options: UnixNameOptions): Promise<UnixName> {
    const scratch = scratchName(path);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    try {
      removeLeftBehind(path);
      server.listen(
        { path: scratch, ...(options.backlog === undefined ? {} : { backlog: options.backlog }) },
        resolve,
      );
      await promise;
      chmodSync(scratch, options.mode);
      return new UnixName(() => server.close(), path, scratch);
    } catch (error) {
      throw cannotListen(path, options, error as Error);
    } finally {
      server.off('error', reject);
    }
  }

  /**
   * Listens under a name that nobody living has; that of a dead service is replaced.
   * @throws {StartError} when a living service answers there, or the path cannot be used
   */
  static async open(server: Server, path: string, options: UnixNameOptions): Promise<UnixName> {
    await removeDead(path, options);
    const name = await UnixName.listen(server, path, options);
    try {
      // Fails when another one has come first.
      linkSync(name.#scratch, path);
      rmSync(name.#scratch);
      return name;
    } catch (error) {
      server.close();
      throw cannotListen(path, options, error as Error);
    }
  }

  /**
   * Binds a socket for other processes to listen on, which inherit the descriptor `fd`. It gets the
   * name by {@link take}, when one of them does. `isOurs` says that whoever answers there now is a
   * predecessor.
   * @throws {StartError} when somebody else who lives has the name, or the path cannot be used
   */
  static async bind(
    path: string,
    options: UnixNameOptions,
    isOurs: boolean,
  ): Promise<{ name: UnixName; fd: number }> {
    if (!isOurs) await removeDead(path, options);
    const scratch = scratchName(path);
    try {
      removeLeftBehind(path);
      // Node 24.21 takes a path; the types of it do not know yet.
      const socket = new BoundSocket({ path: scratch } as BoundSocketOptions);
      chmodSync(scratch, options.mode);
      return { name: new UnixName(() => socket.close(), path, scratch), fd: socket.fd() };
    } catch (error) {
      throw cannotListen(path, options, error as Error);
    }
  }

  /** True from when a successor has the name. */
  get isReplaced(): boolean {
    return inodeOf(this.#path) !== this.#inode;
  }

  /**
   * Takes the name, from the predecessor if there is one. Connections that it has got stay its own.
   * One that is told of gets the name back if it outlives this one, as in an upgrade that is called
   * off.
   */
  take(predecessor: Predecessor | null = null): void {
    if (predecessor?.lives() === true) {
      keep(this.#path, predecessorSocketPath(this.#path, predecessor.pid));
      this.#predecessor = predecessor;
    }
    renameSync(this.#scratch, this.#path);
  }

  /**
   * Takes no connection any more, and takes the name away or gives it back, unless a successor has
   * it by now.
   */
  [Symbol.dispose](): void {
    this.release();
    this.#close();
  }

  /**
   * Takes no connection any more, and leaves the name to a successor that may be taking it in this
   * moment: to look whose it is and then to remove it could remove the successor's. What nobody
   * takes is replaced by the next one that opens.
   */
  leave(): void {
    this.#close();
  }

  /**
   * Gives up the name alone: the server still listens to those who are on their way, and is the
   * caller's to close. What killed ones have left beside it goes too, for there may be nobody after
   * us to do it.
   */
  release(): void {
    // First of all, so that a successor that ends in this moment gives nothing back to us that
    // nobody would take away. One that takes over within a process has it under the same name.
    if (this.#predecessor?.pid !== process.pid)
      rmSync(predecessorSocketPath(this.#path, process.pid), { force: true });
    if (!this.isReplaced && !this.#giveBack()) rmSync(this.#path, { force: true });
    if (existsSync(dirname(this.#path))) removeLeftBehind(this.#path);
  }

  /** False when there is nobody to give it to. */
  #giveBack(): boolean {
    const before = this.#predecessor;
    if (before?.lives() !== true) return false;
    try {
      renameSync(predecessorSocketPath(this.#path, before.pid), this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }
}

let scratchNames = 0;

/** In the same directory, and short: the path of a socket has an end (unix(7)). */
function scratchName(path: string): string {
  scratchNames += 1;
  return join(dirname(path), `.${process.pid.toString(36)}-${scratchNames}`);
}

/**
 * Where one that has been replaced still answers, by the path that its successor has. Its own to
 * remove when it ends, so its pid is in it.
 */
export function predecessorSocketPath(path: string, pid: number): string {
  return `${path}.${pid}-`;
}

function keep(path: string, kept: string): void {
  rmSync(kept, { force: true });
  try {
    linkSync(path, kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** What one that was killed had beside the name: its pid tells. */
function removeLeftBehind(path: string): void {
  const directory = dirname(path);
  for (const name of readdirSync(directory)) {
    const kept = join(directory, name);
    const scratchPid = /^\.([0-9a-z]{1,6})-\d+$/.exec(name)?.[1];
    const keptPid = kept.startsWith(`${path}.`)
      ? /^(\d{1,7})-$/.exec(kept.slice(path.length + 1))?.[1]
      : undefined;
    const pid = scratchPid === undefined ? Number(keptPid) : parseInt(scratchPid, 36);
    if (
      !Number.isNaN(pid) &&
      isGone(pid) &&
      lstatSync(kept, { throwIfNoEntry: false })?.isSocket() === true
    )
      rmSync(kept, { force: true });
  }
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

async function removeDead(path: string, { called = path, taken }: UnixNameOptions): Promise<void> {
  const failure = await dialFailure(path);
  if (failure === null) {
    throw new StartError(
      taken ?? `${called} is taken by a running service; stop it, or configure another socket`,
    );
  }
  if (failure.code === 'ENOENT') return;
  // connect(2) refuses a socket without a listener and a regular file alike; the latter is
  // somebody's data.
  if (failure.code !== 'ECONNREFUSED' || !lstatSync(path).isSocket()) {
    throw new StartError(
      `${called} is in the way (${failure.message}); remove it, or configure another socket`,
    );
  }
  rmSync(path, { force: true });
}

/** Why nobody can be reached on a socket, or null when somebody can. */
function dialFailure(path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', resolve);
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
  });
}

function cannotListen(path: string, { called = path }: UnixNameOptions, cause: Error): StartError {
  return new StartError(`cannot listen on ${called}: ${cause.message}`, { cause });
}
