import type { EventBody, Lock } from '@hatchery/events';

/** The events to publish when one complete listing of locks replaces another. */
export function diffLocks(before: readonly Lock[], after: readonly Lock[]): EventBody[] {
  const known = new Map(before.map((lock) => [lock.id, lock]));
  const left = new Set(after.map(({ id }) => id));
  const gone = before.filter(({ id }) => !left.has(id));
  return [
    ...gone.map(({ id }): EventBody => ({ kind: 'lock.released', id })),
    ...after.flatMap((lock): EventBody[] => {
      const old = known.get(lock.id);
      if (old === undefined) return [{ kind: 'lock.acquired', lock }];
      if (JSON.stringify(old) === JSON.stringify(lock)) return [];
      const [waiter, ...others] = lock.waiters.slice(old.waiters.length);
      const grown = waiter !== undefined && others.length === 0;
      if (
        grown &&
        JSON.stringify({ ...old, waiters: [...old.waiters, waiter] }) === JSON.stringify(lock)
      ) {
        return [{ kind: 'lock.contended', id: lock.id, waiter }];
      }
      return [{ kind: 'lock.changed', lock }];
    }),
  ];
}
