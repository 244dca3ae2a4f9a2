import { randomUUID } from 'node:crypto';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { EventBody, Lock } from '@hatchery/events';
import { breakDiskLock } from './disk-lock.ts';
import type { LockLooks } from './lock-looks.ts';

/** The known locks, as `LockService` of lock-service.ts keeps them. */
interface KnownLocks {
  readonly looks: Pick<LockLooks, 'table'>;
  /** Checks one lock again. */
  readonly refresh: (lock: Lock) => void;
  readonly publish: (changes: readonly EventBody[]) => void;
}

/** The lock to free, and where to record it. */
interface Freeing {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly lock: Lock;
}

/** The actor in the audit when an orphan is freed. */
const actor = 'hatchery';

/**
 * Frees a lock whose session has ended and which no client took up within its grace. Leaves it
 * alone if anything has changed.
 */
export function freeOrphan(locks: KnownLocks, { events, log, config, lock }: Freeing): void {
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
