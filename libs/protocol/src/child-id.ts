import { childIdCharactersMax } from './limits.ts';

/**
 * The prefix of the base name of a directory of pipes; clients check for it:
 * docs/reference/fork-protocol.md#the-directory-of-pipes.
 */
export const pipeDirectoryPrefix = 'lp-forking-service-child-';

const childId = new RegExp(`^[A-Za-z0-9._-]{1,${childIdCharactersMax}}$`);

/**
 * Whether a text can be the id of a child: safe as part of a file name and as one word of a
 * request.
 */
export function isChildId(text: string): boolean {
  // In JavaScript, `$` without the m flag matches only at the very end, so a trailing newline does
  // not pass.
  return childId.test(text);
}

/**
 * The id of the child whose pipes are in `directory`, or null when that is no directory of pipes.
 */
export function childIdOfDirectory(directory: string): string | null {
  const baseName = directory.replace(/\/+$/, '').split('/').at(-1) ?? '';
  if (!baseName.startsWith(pipeDirectoryPrefix)) return null;
  const id = baseName.slice(pipeDirectoryPrefix.length);
  return isChildId(id) ? id : null;
}
