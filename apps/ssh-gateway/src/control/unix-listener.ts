import { chmodSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { StartError } from '@hatchery/daemon';

/** A listening Unix socket. Dispose it to close the server and take the name away, unless a successor has it by now. */
export type UnixListener = Disposable;

/**
 * Listens under a name that a predecessor may still have: it takes the name over in one step (rename(2)), so that at every instant somebody answers.
 * Mode 0600: whoever reaches it can drain the service. @throws {StartError} when `mayReplace` is false and somebody answers there, or on the system's refusal
 */
export async function listenUnix(server: Server, path: string, mayReplace: boolean): Promise<UnixListener> {
  if (!mayReplace && (await isAnswered(path)))
    throw new StartError('an ssh gateway runs already; stop it, or start this one with --overlap yes to take over');
  const own = `${path}.${process.pid}`;
  try {
    // The fork service makes it just so; a gateway may be there before it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    rmSync(own, { force: true });
    await listen(server, own);
    chmodSync(own, 0o600);
    const { ino } = statSync(own);
    renameSync(own, path);
    return { [Symbol.dispose]: () => close(server, path, ino) };
  } catch (error) {
    throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function close(server: Server, path: string, ino: number): void {
  server.closeAllConnections();
  server.close();
  if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
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
