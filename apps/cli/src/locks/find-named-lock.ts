import type { Lock } from '@hatchery/events';
import { echo, findNamed } from '../sessions/find-named.ts';

/** No lock has this id or name now. */
export class NoSuchLockError extends Error {
  readonly code = 'no_such_lock';
  readonly fault = 'client';

  constructor(text: string) {
    super(`there is no lock ${echo(text)}; hatchery locks lists those that are held`);
  }
}

/** Whether a text is as long as an id is, so that it may be one of a lock that is gone. */
export function isWholeId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}

/**
 * The lock that a person means: by its id, its name or place on disk, or the beginning of its id.
 * Null when there is none.
 * @throws an Error that lists them when they are several
 */
export function findNamedLock(locks: readonly Lock[], text: string): Lock | null {
  const name = text.replace(/(?<=.)\/+$/, '');
  return findNamed(locks, text, {
    plural: 'locks',
    isCalled: (lock) =>
      lock.name === name || lock.path === name || lock.path.startsWith(`${name}/.bzr/`),
    handles: ({ id }) => [id],
    describe: ({ kind, name: own }) => `${kind} ${own}`,
  });
}
