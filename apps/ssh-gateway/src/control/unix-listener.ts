import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { StartError } from '@hatchery/daemon';

/** A listening Unix socket. Dispose it to close the server and take the name away, unless a successor has it by now. */
export interface UnixListener extends Disposable {
  /** True from when a successor has the name. */
  readonly isReplaced: boolean;
}

/** One that runs when another one starts. */
export interface Predecessor {
  readonly pid: number;
  readonly lives: () => boolean;
}

/**
 * Listens under a name that a predecessor may still have: it takes the name over in one step (rename(2)), so that at every instant somebody answers.
 * Mode 0600: whoever reaches it can drain the service. One that ends before its predecessor, as in an upgrade that is called off, gives the name back.
 * @throws {StartError} when there should be no predecessor and somebody answers there, or on the system's refusal
 */
export async function listenUnix(server: Server, path: string, predecessor: Predecessor | null): Promise<UnixListener> {
  if (predecessor === null && (await isAnswered(path)))
    throw new StartError('an ssh gateway runs already; stop it, or start this one with --overlap yes to take over');
  const own = `${path}.${process.pid}`;
  // The predecessor's own to remove when it ends.
  const kept = predecessor === null ? null : keptName(path, predecessor.pid);
  try {
    // The fork service makes it just so; a gateway may be there before it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    removeLeftBehind(path);
    await listen(server, own);
    chmodSync(own, 0o600);
    const ino = inodeOf(own);
    if (kept !== null && predecessor?.lives() === true) keep(path, kept);
    renameSync(own, path);
    return {
      get isReplaced() {
        return inodeOf(path) !== ino;
      },
      [Symbol.dispose]: () => {
        server.closeAllConnections();
        server.close();
        if (inodeOf(path) === ino) {
          if (kept !== null && predecessor?.lives() === true && existsSync(kept)) renameSync(kept, path);
          else rmSync(path, { force: true });
        }
        rmSync(keptName(path, process.pid), { force: true });
      },
    };
  } catch (error) {
    throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function keptName(path: string, pid: number): string {
  return `${path}.${pid}-`;
}

/** What a gateway that was killed had beside the name: its pid tells. */
function removeLeftBehind(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)-?$/.exec(name.slice(prefix.length))?.[1] : undefined;
    const isDead = pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`));
    if (isDead) rmSync(join(dirname(path), name), { force: true });
  }
}

/** Another name for the predecessor's socket, so that it can have its own back. */
function keep(path: string, kept: string): void {
  rmSync(kept, { force: true });
  try {
    linkSync(path, kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
