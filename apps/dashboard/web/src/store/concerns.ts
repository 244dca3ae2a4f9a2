// Long: a list of concerns, each with its condition and its texts.
import type { Lock, LockParty, ReadOnlyState } from '@hatchery/events';
import {
  countBehind,
  waitForest,
  type BlockingLock,
  type Deadlock,
  type WaitForest,
  type WaitNode,
} from '@hatchery/locks';
import { reaches } from '../acting/ranks.ts';
import type { LiveState } from '../live/connection.ts';
import { staleAfterMs } from '../live/limits.ts';
import { newestView } from '../live/folded-data.ts';
import { duration } from '../parts/duration.ts';
import type { Service } from './live-store.ts';
import { blocksSession, oldestWait } from './lock-facts.ts';

/**
 * One thing that needs a person. An `alarm` harms sessions now; a `notice` was asked for, or will
 * pass.
 */
export interface Concern {
  readonly key: string;
  readonly harm: 'alarm' | 'notice';
  readonly title: string;
  readonly detail: string;
  /** What a party holds while others wait for it. */
  readonly blocks?: readonly BlockingLock[];
  /** A deadlock, which has its own buttons. */
  readonly deadlock?: Deadlock;
  /** The target of the buttons beside it. */
  readonly childId?: string;
  readonly lockId?: string;
}

/** A wait this long is no longer explained by somebody else's push. */
const longWaitMs = 60_000;

/** Lines of each kind. More have one cause, which takes one more line. */
const eachMax = 5;

/**
 * What needs attention at the instant `at` of this computer's clock, worst first. Actions are
 * offered only on a child for which `isLiving` is true: a lock's holder may stay known after its
 * process has gone.
 */
export function concerns(
  state: LiveState,
  service: Service,
  locks: readonly Lock[],
  at: number,
  isLiving: (childId: string) => boolean,
): readonly Concern[] {
  const serverNow = at + (state.clockOffsetMs ?? 0);
  const forest = waitForest(locks);
  const blocking = blockers(forest, serverNow, isLiving);
  const found = [
    ...connectionConcerns(state, at, serverNow),
    ...deadlocked(forest, serverNow),
    ...blocking,
    ...leftLocks(
      locks.filter(({ id }) => blocking.every(({ lockId }) => lockId !== id)),
      serverNow,
    ),
    ...stuckChildren(state, serverNow, isLiving),
    ...serviceConcerns(state, service, serverNow),
  ];
  return found.sort((left, right) => rank(left) - rank(right));
}

function connectionConcerns(state: LiveState, at: number, serverNow: number): readonly Concern[] {
  const found: Concern[] = [];
  if (state.refusal !== null) {
    const detail =
      'What you see is old and actions are off. Sign in, here or in another tab, and this page continues by itself.';
    return [concern('alarm', 'Signed out', detail)];
  }
  if (state.obstacle !== null && state.phase.name !== 'open')
    found.push(concern('alarm', 'No live stream', state.obstacle));
  else if (state.data === null && state.heardAt === null)
    found.push(concern('notice', 'Connecting', 'to the dashboard’s server.'));
  if (state.heardAt !== null && at - state.heardAt >= staleAfterMs) {
    const detail =
      'The server of this page does not answer. What you see is old; the sessions themselves continue.';
    found.push(concern('alarm', 'Dashboard lost', detail));
  }
  if (state.feed?.up === false) {
    const since = duration(serverNow - Date.parse(state.feed.since));
    found.push(
      concern(
        'alarm',
        'Forker away',
        `for ${since}: ${state.feed.reason}. Running sessions continue.`,
      ),
    );
  }
  return found;
}

function serviceConcerns(
  { data, feed, server, firstBuild, readOnly, formerRole }: LiveState,
  service: Service,
  serverNow: number,
): readonly Concern[] {
  const { zygote, draining } = service;
  const found: Concern[] = [];
  if (zygote.state === 'failed')
    found.push(concern('alarm', 'Zygote failed', `at ${zygote.step}: ${zygote.message}`));
  if (zygote.state === 'ready' && zygote.failure !== undefined) {
    const { step, message } = zygote.failure;
    const detail = `at ${step}: ${message}. The older one (pid ${zygote.pid}) keeps serving, without the change.`;
    found.push(concern('alarm', 'New zygote failed', detail));
  }
  if (feed?.up === true && zygote.state === 'starting')
    found.push(concern('notice', 'Zygote starting', 'New sessions wait until Breezy is loaded.'));
  const sessions = data === null ? 0 : Object.keys(newestView(data).children).length;
  if (draining) found.push(concern('notice', 'Draining', drainText(service, sessions, serverNow)));
  if (readOnly !== null)
    found.push(concern('notice', 'Read-only', readOnlyText(readOnly, serverNow)));
  if (server !== null && formerRole !== null && !reaches(server.role, formerRole)) {
    const detail = `now: this browser was signed in as ${formerRole}, and that sign-in is over. To act, open a link of ./hatchery sign-in.`;
    found.push(concern('notice', `You are ${server.role}`, detail));
  }
  if (server !== null && server.build !== firstBuild)
    found.push(concern('notice', 'New version', 'of this page is out. Reload to get it.'));
  return found;
}

/** Who drains and why, and what happens to the running sessions. */
function drainText(
  { drainedBy, drainReason, drainDeadline }: Service,
  sessions: number,
  serverNow: number,
): string {
  const by = drainedBy === null ? '' : `by ${drainedBy}`;
  const whose = [by, ...(drainReason === null ? [] : [drainReason])]
    .filter((part) => part !== '')
    .join(': ');
  const left = `${sessions} ${sessions === 1 ? 'session' : 'sessions'}`;
  const fate =
    sessions === 0 ? 'None is left.' : `${left} may finish${untilText(drainDeadline, serverNow)}.`;
  return `${whose === '' ? '' : `${whose}. `}No new session is taken. ${fate}`;
}

function untilText(deadline: string | null, serverNow: number): string {
  if (deadline === null) return '';
  const leftMs = Date.parse(deadline) - serverNow;
  if (leftMs <= 0) return '; the time is up, and they are being disconnected';
  return ` for ${duration(leftMs + 999)} more, and are disconnected then`;
}

function readOnlyText({ reason, since, actor }: ReadOnlyState, serverNow: number): string {
  const by = actor === '' ? '' : ` by ${actor}`;
  const length = since === '' ? '' : ` for ${duration(serverNow - Date.parse(since))}`;
  return `${`${by}${length}`.trim()}: ${reason}. No branch can be changed; reading still works.`.replace(
    /^: /,
    '',
  );
}

/** A deadlock lasts until one of its parties is ended, so even a young one is an alarm. */
function deadlocked({ deadlocks }: WaitForest, serverNow: number): readonly Concern[] {
  return shortened(deadlocks, 'deadlocks', (deadlock) => {
    const { steps, behind } = deadlock;
    const parties = steps.map(({ party }) => whoIs(party));
    const since = steps.flatMap(({ party }) => party.since ?? []).toSorted()[0];
    const lasts = since === undefined ? '' : `, for ${duration(serverNow - Date.parse(since))}`;
    const others = countBehind({ party: null, blocks: behind });
    return {
      key: `deadlock ${steps.map(({ waitsFor }) => waitsFor.id).join(' ')}`,
      harm: 'alarm',
      title: `Deadlock: ${parties.join(', ')}`,
      detail: `each waits for the next${lasts}${others === 0 ? '' : `; ${others} more behind them`}. End one of them.`,
      deadlock,
    };
  });
}

/** Holders that keep others waiting, the one with the most waiters first. */
function blockers(
  { roots }: WaitForest,
  serverNow: number,
  isLiving: (childId: string) => boolean,
): readonly Concern[] {
  return shortened(roots, 'blockers', (root) => blockerOf(root, serverNow, isLiving));
}

/**
 * Only a holder that keeps a session waiting is an alarm: scripts wait for each other on purpose.
 */
function blockerOf(
  root: WaitNode,
  serverNow: number,
  isLiving: (childId: string) => boolean,
): Concern {
  const { party, blocks } = root;
  const since = oldestWait(blocks);
  const waitedMs = since === null ? 0 : serverNow - Date.parse(since);
  const lock = blocks[0]?.lock;
  const fate = lock === undefined ? '' : fateOf(lock, serverNow);
  const childId = party?.childId ?? null;
  return {
    key: `blocker ${childId ?? party?.pid ?? ''} ${lock?.id ?? ''}`,
    harm: waitedMs >= longWaitMs && blocksSession(blocks) ? 'alarm' : 'notice',
    title: `${whoIs(party)} blocks ${countBehind(root)}`,
    detail: `longest wait ${duration(waitedMs)}${fate === '' ? '' : `. Its process is gone.${fate}`}`,
    blocks,
    ...(childId !== null && isLiving(childId) ? { childId } : {}),
    ...(lock === undefined ? {} : { lockId: lock.id }),
  };
}

function whoIs(party: LockParty | null): string {
  const pid = party?.pid ?? null;
  return `${party?.user ?? 'Somebody'}${pid === null ? '' : ` (pid ${pid})`}`;
}

/** Locks whose holder is gone. */
function leftLocks(locks: readonly Lock[], serverNow: number): readonly Concern[] {
  const left = locks.filter(({ condition }) => condition === 'stale' || condition === 'orphaned');
  return shortened(left, 'stale locks', (lock) => {
    const { id, name, kind, condition, holder, waiters } = lock;
    const held = holder?.since
      ? `, held for ${duration(serverNow - Date.parse(holder.since))}`
      : '';
    const whose = `left by ${holder?.user ?? 'somebody'}, whose process is gone${held}`;
    return {
      key: `stale ${id}`,
      // A lock without any holder refuses every push; an orphaned one frees itself.
      harm: condition === 'stale' || waiters.length > 0 ? 'alarm' : 'notice',
      title: `${condition === 'stale' ? 'Stale' : 'Orphaned'} ${kind} lock`,
      detail: `${name}: ${whose}.${fateOf(lock, serverNow)}`,
      lockId: id,
    };
  });
}

/**
 * What happens to a lock whose holder is gone if an operator does nothing: whether to wait or to
 * break it.
 */
function fateOf({ condition, graceEndsAt }: Lock, serverNow: number): string {
  if (condition === 'stale') return ' It stays until it is broken.';
  if (condition !== 'orphaned') return '';
  if (graceEndsAt === undefined) return ' Its client may still come back.';
  const leftMs = Date.parse(graceEndsAt) - serverNow;
  if (leftMs > 0)
    return ` It frees itself in ${duration(leftMs + 999)}, unless its client comes back.`;
  return ' It frees itself as soon as no session can be its client reconnecting.';
}

function stuckChildren(
  { stuck, data }: LiveState,
  serverNow: number,
  isLiving: (childId: string) => boolean,
): readonly Concern[] {
  const living = stuck.filter(({ id }) => isLiving(id));
  return shortened(living, 'stuck children', ({ id, since }) => {
    const child = data === null ? undefined : newestView(data).children[id];
    const who = child === undefined ? id : `${child.user ?? 'Somebody'} (pid ${child.pid})`;
    const idle = duration(serverNow - Date.parse(since));
    return {
      key: `stuck ${id}`,
      harm: 'alarm',
      title: `${who} is stuck`,
      detail: `holds a lock and used next to no CPU and no disk for ${idle}.`,
      childId: id,
    };
  });
}

function shortened<T>(
  all: readonly T[],
  what: string,
  tell: (each: T) => Concern,
): readonly Concern[] {
  const told = all.slice(0, eachMax).map(tell);
  const rest = all.length - told.length;
  return rest === 0
    ? told
    : [...told, concern('notice', `${rest} more ${what}`, 'in the tables below.')];
}

function concern(harm: Concern['harm'], title: string, detail: string): Concern {
  return { key: title, harm, title, detail };
}

function rank({ harm }: Concern): number {
  return harm === 'alarm' ? 0 : 1;
}
