import type { Lock } from '@hatchery/events';
import { visible } from '../table.ts';

/** Characters of the beginning of an id, from which on it is taken for one. */
const prefixCharactersMin = 3;

/** Characters of a text that are said again. */
const echoedMax = 80;

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
 * The lock that a person means: by its id, its name or place on disk, or the beginning of its id. Null when there is none.
 * @throws an Error that lists them when they are several
 */
export function findNamedLock(locks: readonly Lock[], text: string): Lock | null {
  const name = text.replace(/(?<=.)\/+$/, '');
  const ways: readonly ((lock: Lock) => boolean)[] = [
    ({ id }) => id === text,
    (lock) => lock.name === name || lock.path === name || lock.path.startsWith(`${name}/.bzr/`),
    ({ id }) => text.length >= prefixCharactersMin && id.startsWith(text),
  ];
  for (const isMeant of ways) {
    const [found, ...others] = locks.filter(isMeant);
    if (found === undefined) continue;
    if (others.length === 0) return found;
    const list = [found, ...others].map(({ id, kind, name: own }) => `${id} (${kind} ${own})`).join(', ');
    throw new Error(visible(`${echo(text)} is ${others.length + 1} locks: ${list}; say which by its id`));
  }
  return null;
}

function echo(text: string): string {
  return visible(text.length > echoedMax ? `${text.slice(0, echoedMax)}…` : text);
}
