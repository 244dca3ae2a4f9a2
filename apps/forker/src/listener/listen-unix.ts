import { chmodSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { StartError } from '@hatchery/daemon';
import { listenBacklog } from '../limits.ts';

/**
 * Listens on a Unix socket; replaces the socket of a dead service, never that of a living one.
 * @throws {StartError} when a living service answers there, or the path cannot be used
 */
export async function listenUnix(server: Server, path: string, mode: number): Promise<void> {
  if (await answers(path)) {
    throw new StartError(`${path} is taken by a running service; stop it, or configure another socket`);
  }
  rmSync(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ path, backlog: listenBacklog }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
  } finally {
    server.off('error', reject);
  }
  chmodSync(path, mode);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
