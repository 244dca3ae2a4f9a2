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

/** Whether a text is as long as an id, so that it may be the id of a freed lock. */
export function isWholeId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}

/**
 * The lock that the user means: by its id, its name or path on disk, or the beginning of its id.
 * Null when there is none.
 * @throws an Error that lists them when there are several
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
