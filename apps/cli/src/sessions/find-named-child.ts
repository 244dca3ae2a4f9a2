import type { Child } from '@hatchery/events';
import { echo, findNamed } from './find-named.ts';

/** No session has this id or pid now. */
export class NoSuchChildError extends Error {
  readonly code = 'no_such_child';
  readonly fault = 'client';

  constructor(text: string, cause?: unknown) {
    super(`there is no child ${echo(text)}; hatchery children lists those that run`, { cause });
  }
}

/** Whether a text has all the parts of an id, so that it may be one of a child that has ended. */
export function isWholeChildId(text: string): boolean {
  return /^[0-9a-f]{6}-[0-9a-z]{1,8}-[0-9a-f]{8}$/.test(text);
}

/**
 * The child that a person means: by its id, its pid, the beginning of its id, or the beginning of
 * the id's last part, which alone tells children of one minute apart. Null when there is none.
 * @throws an Error that lists them when they are several
 */
export function findNamedChild(children: readonly Child[], text: string): Child | null {
  return findNamed(children, text, {
    plural: 'children',
    isCalled: ({ pid }) => String(pid) === text,
    handles: ({ id }) => [id, id.split('-').at(-1) ?? id],
    describe: ({ pid, user, command }) => `pid ${pid}, ${user ?? 'no user'}, ${command}`,
  });
}
