import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { makeDirectories, modes, StartError, UnixName, type Predecessor } from '@hatchery/daemon';

/**
 * A listening Unix socket. Dispose it to close the server and take the name away, unless a
 * successor has it by now.
 */
export interface UnixListener extends Disposable {
  /** True from when a successor has the name. */
  readonly isReplaced: boolean;
}

/**
 * Listens under a name that a predecessor may still have, and takes it over. Mode 0600: whoever
 * reaches it can drain the service.
 * @throws {StartError} when there should be no predecessor and somebody answers there, or on the
 * system's refusal
 */
export async function listenUnix(
  server: Server,
  path: string,
  predecessor: Predecessor | null,
): Promise<UnixListener> {
  try {
    // The fork service makes it just so; a gateway may be there before it.
    makeDirectories(dirname(path), modes.passage);
  } catch (error) {
    throw new StartError(`cannot listen on ${path}: ${(error as Error).message}`, { cause: error });
  }
  const name = await nameFor(server, path, predecessor);
  return {
    get isReplaced() {
      return name.isReplaced;
    },
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      name[Symbol.dispose]();
    },
  };
}

async function nameFor(
  server: Server,
  path: string,
  predecessor: Predecessor | null,
): Promise<UnixName> {
  const taken =
    'an ssh gateway runs already; stop it, or start this one with --overlap yes to take over';
  if (predecessor === null) return UnixName.open(server, path, { mode: modes.secretFile, taken });
  const name = await UnixName.listen(server, path, { mode: modes.secretFile });
  name.take(predecessor);
  return name;
}
