import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { modes, openFile, StartError } from '@hatchery/daemon';

/** The file in a directory whose lock says that a service runs on it. */
const lockName = 'forker.lock';

/**
 * Holds a directory for this process alone, until it is disposed or the process is gone: the
 * kernel's own word, which survives nobody and cannot go stale. Node has no flock(2), but a lock
 * belongs to the open file and not to the process, so flock(1) takes it on ours.
 * @throws {StartError} when another service has it, or it cannot be had
 */
export function lockDirectory(directory: string, key: string): Disposable {
  const path = join(directory, lockName);
  let fd: number;
  try {
    fd = openFile(path, 'a', modes.secretFile);
  } catch (error) {
    throw new StartError(`cannot write in ${directory}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { status, stderr, error } = spawnSync('/usr/bin/flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  if (status === 0) return { [Symbol.dispose]: () => closeSync(fd) };
  closeSync(fd);
  if (status === 1)
    throw new StartError(
      `${directory} is taken by a running service; stop it, or configure another ${key}`,
    );
  throw new StartError(
    `cannot lock ${path}: ${error?.message ?? stderr.toString().trim()}; install Debian's util-linux`,
  );
}
