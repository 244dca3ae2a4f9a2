import { mebibytes } from '@hatchery/display';
import { limitCause } from '@hatchery/events';
import { memoryLookMs } from '../limits.ts';
import type { ChildRegistry } from '../children/running/registry.ts';
import { pageBytes, parseMemory, parseStat, readProc } from './proc-usage.ts';
import { overBudget, suspects, type OverBudget, type SessionMemory } from './user-memory.ts';

/** Ends a session, for good. */
export type EndSession = (id: string, signal: 'SIGKILL', cause: string) => boolean;

/**
 * Checks a few times a second how much memory each user's sessions have together, and ends the
 * largest session of a user over the budget, until disposed. The resident size, which one read
 * gives, is an upper bound; the private size is read only for users who may be over.
 */
export function watchMemory(
  registry: ChildRegistry,
  budgetBytes: number,
  end: EndSession,
): Disposable {
  const timer = setInterval(() => {
    for (const session of lookAtMemory(registry, budgetBytes))
      end(session.id, 'SIGKILL', limitCause('user_memory_bytes', wordsOf(session, budgetBytes)));
  }, memoryLookMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The sessions to end now. */
function lookAtMemory(registry: ChildRegistry, budgetBytes: number): OverBudget[] {
  if (budgetBytes === 0) return [];
  const living = [...registry.entries()]
    .filter(({ cause }) => cause === null)
    .map(({ child }) => child);
  const measure = (read: (pid: number) => number, of: typeof living): SessionMemory[] =>
    of.map(({ id, user, pid }) => ({ id, user, bytes: read(pid) }));
  const users = suspects(measure(residentBytes, living), budgetBytes);
  if (users.size === 0) return [];
  const suspected = living.filter(({ user }) => user !== null && users.has(user));
  return overBudget(measure(privateBytes, suspected), budgetBytes);
}

function residentBytes(pid: number): number {
  return pageBytes * (parseStat(readProc(pid, 'stat') ?? '')?.rssPages ?? 0);
}

/**
 * Where the system does not give it, such as for another account's process without CAP_SYS_PTRACE,
 * the upper bound.
 */
function privateBytes(pid: number): number {
  const rollup = readProc(pid, 'smaps_rollup');
  return rollup === null ? residentBytes(pid) : parseMemory(rollup).privateBytes;
}

function wordsOf({ user, userBytes, sessions }: OverBudget, budgetBytes: number): string {
  const whose = sessions === 1 ? 'one session' : `${sessions} sessions`;
  return `${whose} of ${user} had ${mebibytes(userBytes)} of memory; all of a user's together may have ${mebibytes(budgetBytes)}`;
}
