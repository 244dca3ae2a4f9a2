import { randomUUID } from 'node:crypto';
import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { Lock } from '@hatchery/events';
import type { ForkService } from '../children/forking/fork-service.ts';
import { breakDiskLock } from './disk-lock.ts';
import { endHolder } from './end-holder.ts';
import { endScriptJob } from './end-script-job.ts';
import type { LockService } from './lock-service.ts';

/** What breaking a lock works with. */
export interface BreakContext {
  readonly locks: Pick<
    LockService,
    'find' | 'looks' | 'pathOfGone' | 'publish' | 'refresh' | 'scan'
  >;
  readonly service: Pick<ForkService, 'registry' | 'signal'>;
  readonly events: EventLog;
  readonly log: Logger;
}

/** A request to break a lock. `nonce` names the acquisition that the operator saw, if given. */
export interface BreakWish {
  readonly id: string;
  readonly nonce: string | null;
  /** Break the lock even if its holder may be alive and keep writing. */
  readonly force: boolean;
  readonly actor: string;
  readonly reason: string;
}

/** Done; or not done, with the HTTP status and a sentence for the client. */
export type BreakResult =
  | { readonly status: number; readonly refused: string }
  | { readonly actionId: string; readonly outcome: string };

/** The risk when the holder of a broken lock is alive. */
const risk = 'its holder is not told and may go on writing; two writers can damage the branch';

/**
 * Breaks a lock if it is still the acquisition that the operator saw. Ends a living holder first,
 * unless `force` is given. Everything is audited before and after.
 */
export async function breakLock(context: BreakContext, wish: BreakWish): Promise<BreakResult> {
  const { locks } = context;
  const seen = locks.find(wish.id);
  if (seen !== undefined) locks.refresh(seen);
  const lock = locks.find(wish.id);
  if (lock === undefined) return gone(context, wish.id, seen?.path ?? locks.pathOfGone(wish.id));
  if (wish.nonce !== null && wish.nonce !== lock.nonce) {
    return {
      status: 412,
      refused: `lock ${lock.id} is not the acquisition that was looked at; look again`,
    };
  }
  const objection = objectionTo(lock, wish.force);
  if (objection !== null) return { status: 409, refused: objection };
  return record(context, wish, lock);
}

function gone({ locks }: BreakContext, id: string, path: string | undefined): BreakResult {
  if (path === undefined) return { status: 404, refused: `there is no lock ${id}` };
  const now = locks.looks.table.at(path);
  if (now === undefined)
    return { status: 409, refused: `lock ${id} is free by now: nothing was done` };
  return {
    status: 409,
    refused: `the holder has changed, nothing was done: it is ${describe(now)} (lock ${now.id}) now`,
  };
}

function objectionTo({ kind, condition, reasons }: Lock, force: boolean): string | null {
  if (kind === 'script' && force) {
    return 'the lock of a script is the kernel’s and goes with its holder only; without --force the holder is ended';
  }
  if (condition !== 'unknown' || force) return null;
  const why = (reasons ?? []).join('; ');
  return `nobody here knows whether its holder lives (${why}); --force breaks it all the same: ${risk}`;
}

async function record(context: BreakContext, wish: BreakWish, lock: Lock): Promise<BreakResult> {
  const { events, locks, log } = context;
  const { id, actor, reason, force } = wish;
  const actionId = randomUUID();
  const verb = force ? 'break-lock --force' : 'break-lock';
  events.publish({
    kind: 'action.requested',
    actionId,
    actor,
    verb,
    target: id,
    reason,
    before: lock,
  });
  log.info(
    { actionId, actor, verb, target: id, path: lock.path, reason, before: lock },
    'action requested',
  );
  let done: boolean;
  let outcome: string;
  try {
    [done, outcome] = await perform(context, wish, lock);
  } catch (error) {
    [done, outcome] = [false, `failed: ${(error as Error).message}`];
  }
  const after = locks.find(id) ?? locks.looks.table.at(lock.path) ?? null;
  events.publish({ kind: 'action.done', actionId, outcome, after });
  log.info({ actionId, outcome, after }, 'action done');
  return done ? { actionId, outcome } : { status: 409, refused: outcome };
}

async function perform(
  context: BreakContext,
  { actor, reason, force }: BreakWish,
  lock: Lock,
): Promise<[boolean, string]> {
  if (lock.kind === 'script') return performOnScript(context, lock);
  const { locks } = context;
  const { table } = locks.looks;
  const mark = table.markAt(lock.path);
  const ended =
    lock.condition === 'held' && !force
      ? await endHolder(context, lock, `${actor}: ${reason}`)
      : null;
  const before = ended === null ? '' : `${ended}; `;
  if (mark === undefined) return [true, `${before}it was free`];
  const result = breakDiskLock(lock.path, mark);
  if (result === 'broken') locks.publish(table.broken(lock.path, mark, actor));
  else locks.refresh(lock);
  switch (result) {
    case 'broken':
      return [
        true,
        `${before}broken: it was ${describe(lock)}${lock.condition === 'held' && force ? `; ${risk}` : ''}`,
      ];
    case 'free':
      return [true, `${before}it was free by then`];
    case 'changed': {
      const now = table.at(lock.path);
      return [
        false,
        `${before}the holder has changed, not broken: it is ${now === undefined ? 'free' : describe(now)} now`,
      ];
    }
  }
}

/** A script's lock is a kernel lock: it is free exactly when no process has it any more. */
async function performOnScript({ locks }: BreakContext, lock: Lock): Promise<[boolean, string]> {
  const isSame = (): boolean => {
    locks.refresh(lock);
    return locks.find(lock.id) !== undefined;
  };
  const { isFree, outcome } = await endScriptJob(lock, isSame);
  locks.refresh(lock);
  return [isFree, outcome];
}

function describe({ holder, condition }: Lock): string {
  if (holder === null) return `${condition} by nobody knows whom`;
  const { user, pid, host, since } = holder;
  return `${condition} by ${user ?? 'somebody'} (pid ${pid ?? 'unknown'} on ${host ?? 'an unknown host'}, since ${since ?? 'unknown'})`;
}
