import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { StartError } from '@hatchery/daemon';
import { listenBacklog } from '../limits.ts';

/**
 * Listens on a Unix socket; replaces the socket of a dead service, never that of a living one.
 * @throws {StartError} when a living service answers there, or the path cannot be used
 */
export async function listenUnix(server: Server, path: string, mode: number): Promise<void> {
  await removeDead(path);
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
