import { randomUUID } from 'node:crypto';
import type { Lock } from '@hatchery/events';
import { breakDiskLock } from './disk-lock.ts';
import type { LockService, LockServiceContext } from './lock-service.ts';

/** Who frees orphans, in the audit. */
const actor = 'hatchery';

/** Frees a lock whose session has ended and that nobody took up in its grace. What has changed meanwhile is left alone. */
export function freeOrphan(
  locks: LockService,
  { events, log, config, lock }: Pick<LockServiceContext, 'events' | 'log' | 'config'> & { readonly lock: Lock },
): void {
  const { path } = lock;
  const { table } = locks.looks;
  locks.refresh(lock);
  const mark = table.markAt(path);
  if (mark === undefined || table.at(path)?.id !== lock.id) return;
  const actionId = randomUUID();
  const reason = `orphaned, and not taken up again within ${config.locks.orphanGraceS} s`;
  events.publish({
    kind: 'action.requested',
    actionId,
    actor,
    verb: 'break-lock',
    target: lock.id,
    reason,
    before: lock,
  });
  let outcome: string;
  try {
    outcome = breakDiskLock(path, mark);
    if (outcome === 'broken') locks.publish(table.broken(path, mark, actor));
    else locks.refresh(lock);
  } catch (error) {
    outcome = `failed: ${(error as Error).message}`;
  }
  events.publish({ kind: 'action.done', actionId, outcome, after: table.at(path) ?? null });
  log.warn({ actionId, lockId: lock.id, path, holder: lock.holder, outcome }, 'orphaned lock');
}
