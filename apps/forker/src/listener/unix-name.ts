import { chmodSync, linkSync, lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { StartError } from '@hatchery/daemon';
import { listenBacklog } from '../limits.ts';

/**
 * A server that listens on a Unix socket, and the name by which clients find it. The two are apart: a successor listens
 * first and takes the name then, in one step (rename(2)), so that at every instant a client finds one that listens.
 */
export class UnixName implements Disposable {
  readonly #server: Server;
  readonly #path: string;
  /** What the socket is called as long as it does not have the name. */
  readonly #scratch: string;
  readonly #inode: bigint;

  private constructor(server: Server, path: string, scratch: string) {
    this.#server = server;
    this.#path = path;
    this.#scratch = scratch;
    this.#inode = inodeOf(scratch) ?? 0n;
  }

  /** Listens, and leaves the name to whoever has it. @throws {StartError} when nothing can listen there */
  static async listen(server: Server, path: string, mode: number): Promise<UnixName> {
    const scratch = scratchName(path);
    rmSync(scratch, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ path: scratch, backlog: listenBacklog }, resolve);
    try {
      await promise;
      chmodSync(scratch, mode);
      return new UnixName(server, path, scratch);
    } catch (error) {
      throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
    } finally {
      server.off('error', reject);
    }
  }

  /**
   * Listens under a name that nobody living has; that of a dead service is replaced.
   * @throws {StartError} when a living service answers there, or the path cannot be used
   */
  static async open(server: Server, path: string, mode: number): Promise<UnixName> {
    await removeDead(path);
    const name = await UnixName.listen(server, path, mode);
    try {
      // Fails when another one has come first.
      linkSync(name.#scratch, path);
      rmSync(name.#scratch);
      return name;
    } catch (error) {
      server.close();
      throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Takes the name, from the predecessor if there is one. Connections that it has got stay its own. */
  take(): void {
    renameSync(this.#scratch, this.#path);
  }

  /** Takes no connection any more, and takes the name away, unless a successor has it by now. */
  [Symbol.dispose](): void {
    this.#server.close();
    if (inodeOf(this.#path) === this.#inode) rmSync(this.#path, { force: true });
  }
}

let scratchNames = 0;

/** In the same directory, and short: the path of a socket has an end (unix(7)). */
function scratchName(path: string): string {
  scratchNames += 1;
  return join(dirname(path), `.${process.pid.toString(36)}${scratchNames}`);
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

async function removeDead(path: string): Promise<void> {
  const failure = await dialFailure(path);
  if (failure === null) {
    throw new StartError(`${path} is taken by a running service; stop it, or configure another socket`);
  }
  if (failure.code === 'ENOENT') return;
  // connect(2) refuses a socket without a listener and a regular file alike; the latter is somebody's data.
  if (failure.code !== 'ECONNREFUSED' || !lstatSync(path).isSocket()) {
    throw new StartError(`${path} is in the way (${failure.message}); remove it, or configure another socket`);
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
