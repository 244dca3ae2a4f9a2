/**
 * Limits that end a session or what it does, by their keys in `[limits]`. `memory` is the machine's
 * own, which has no key. Labels of metrics: the list is closed.
 */
export const limitNames = [
  'cpu_s',
  'address_space_bytes',
  'user_memory_bytes',
  'open_files',
  'file_size_bytes',
  'memory',
] as const;

export type LimitName = (typeof limitNames)[number];

/**
 * The cause of an ending by a limit: which one, and in words what was reached. Read again by {@link
 * limitOf}.
 */
export function limitCause(limit: LimitName, words: string): string {
  return `limit ${limit}: ${words}`;
}

/**
 * The limit that a session ended by, from the cause of its ending; null when it was none. A session
 * that was killed has a cause of {@link limitCause}, and one that told so itself the words of
 * apps/forker/zygote/failures.py, `(limit KEY)` after the path.
 */
export function limitOf(cause: string): LimitName | null {
  const [, killed] = /^limit (\w+): /.exec(cause) ?? [];
  // The last one: what stands before is a path, which a client chose.
  const [, told] = /^refused: over a limit: .*\(limit (\w+)\)/s.exec(cause) ?? [];
  return limitNames.find((name) => name === (killed ?? told)) ?? null;
}
