import type { Child } from './child.ts';
import type { Event, EventBody } from './event.ts';
import { limitOf } from './limit.ts';
import type { Lock } from './lock.ts';

/** Why a zygote did not come up. */
export interface ZygoteFailure {
  /** What it was doing, as `importing breezy`. */
  readonly step: string;
  readonly message: string;
}

/** What the zygote is doing, or why it cannot. */
export type ZygoteView =
  | { readonly state: 'starting' }
  /** None is wanted, and children are to be had all the same. */
  | { readonly state: 'off' }
  /** With `failure` a newer one did not come up, and this one serves on. */
  | { readonly state: 'ready'; readonly pid: number; readonly failure?: ZygoteFailure }
  | { readonly state: 'failed'; readonly step: string; readonly message: string };

/** Everything a reader of the feed knows at one number. Built only by {@link reduce}. */
export interface View {
  readonly children: Readonly<Record<string, Child>>;
  /** Ended children, newest first, at most {@link recentChildrenMax}. */
  readonly recentChildren: readonly Child[];
  readonly locks: Readonly<Record<string, Lock>>;
  readonly zygote: ZygoteView;
  readonly draining: boolean;
  /** True when nothing new is taken because the service stops; absent otherwise. */
  readonly stopping?: true;
  /** Who asked for the drain that goes on; absent when nothing drains. */
  readonly drainedBy?: string;
  /** When clients that are still connected are disconnected, RFC 3339; absent as `drainedBy` is. */
  readonly drainDeadline?: string;
  /** Why, on one line as users read it; absent when the operator gave no reason. */
  readonly drainReason?: string;
  /** Why no session can be started now; absent when sessions can be started. */
  readonly outage?: string;
}

/** The reason of an action whose actor has given none. */
export const unsaidReason = 'not said';

/** How many ended children a view remembers: a screenful for the page, some 100 kB at most. */
export const recentChildrenMax = 200;

export const emptyView: View = {
  children: {},
  recentChildren: [],
  locks: {},
  zygote: { state: 'starting' },
  draining: false,
};

/**
 * The view after one event; unknown ids change nothing, so a replay over a snapshot is harmless.
 */
export function reduce(view: View, event: EventBody | Event): View {
  const draft: Draft = { view, children: null, locks: null };
  apply(draft, event);
  return draft.view;
}

/**
 * A view that is folded on and on by {@link reduce}, for a reader that keeps only the newest: where
 * thousands live, a copy of all of them for each event is most of the work and of the garbage. What
 * it is made from and what it gave out stay as they are.
 */
export class ViewDraft {
  readonly #draft: Draft;

  constructor(view: View) {
    this.#draft = { view, children: null, locks: null };
  }

  take(event: EventBody | Event): void {
    apply(this.#draft, event);
  }

  /** The view as of now, for good; the next change copies first. */
  get view(): View {
    this.#draft.children = null;
    return this.newest;
  }

  /**
   * The view as of now, whose children go on changing with each event. Everything else in it is for
   * good.
   */
  get newest(): View {
    this.#draft.locks = null;
    return this.#draft.view;
  }
}

/**
 * A view under way: what changes is copied once, and then belongs to the draft until somebody else
 * gets to see it.
 */
interface Draft {
  view: View;
  children: Record<string, Child> | null;
  locks: Record<string, Lock> | null;
}

function apply(draft: Draft, event: EventBody | Event): void {
  switch (event.kind) {
    case 'child.spawned':
      ownChildren(draft)[event.child.id] = event.child;
      return;
    case 'child.connected': {
      const { connectedAt } = event;
      return changeChild(draft, event.id, (child) => ({ ...child, state: 'running', connectedAt }));
    }
    case 'child.usage':
      for (const { id, usage } of event.samples)
        changeChild(draft, id, (child) => ({ ...child, usage }));
      return;
    case 'child.stopping':
      return changeChild(draft, event.id, (child) => ({ ...child, state: 'stopping' }));
    case 'child.exited':
      return endChild(draft, event);
    case 'lock.acquired':
    case 'lock.changed':
      ownLocks(draft)[event.lock.id] = event.lock;
      return;
    case 'lock.contended': {
      const lock = draft.view.locks[event.id];
      if (lock !== undefined)
        ownLocks(draft)[lock.id] = { ...lock, waiters: [...lock.waiters, event.waiter] };
      return;
    }
    case 'lock.released':
    case 'lock.broken':
      if (draft.view.locks[event.id] !== undefined) delete ownLocks(draft)[event.id];
      return;
    case 'zygote.ready':
      return change(draft, { zygote: { state: 'ready', pid: event.pid } });
    case 'zygote.off':
      return change(draft, { zygote: { state: 'off' } });
    case 'zygote.failed':
      return change(draft, { zygote: zygoteAfterFailure(event) });
    case 'forker.draining':
      return drain(draft, event);
    case 'forker.outage':
      return noteOutage(draft, event);
    case 'child.failed':
    case 'session.opened':
    case 'session.spawned':
    case 'session.refused':
    case 'session.closed':
    case 'action.requested':
    case 'action.done':
      return;
    default:
      return assertNever(event);
  }
}

function zygoteAfterFailure({
  step,
  message,
  servingPid,
}: Extract<EventBody, { kind: 'zygote.failed' }>): ZygoteView {
  if (servingPid !== null) return { state: 'ready', pid: servingPid, failure: { step, message } };
  return { state: 'failed', step, message };
}

function changeChild(draft: Draft, id: string, changed: (child: Child) => Child): void {
  const child = draft.view.children[id];
  if (child !== undefined) ownChildren(draft)[id] = changed(child);
}

function endChild(draft: Draft, event: Extract<EventBody, { kind: 'child.exited' }>): void {
  const child = draft.view.children[event.id];
  if (child === undefined) return;
  delete ownChildren(draft)[event.id];
  const { endedAt, exit, rusage } = event;
  const limit = limitOf(event.cause);
  const ended: Child = {
    ...child,
    state: 'exited',
    endedAt,
    exit,
    rusage,
    usage: null,
    ...(limit && { limit }),
  };
  change(draft, {
    recentChildren: [ended, ...draft.view.recentChildren].slice(0, recentChildrenMax),
  });
}

function drain(draft: Draft, event: Extract<EventBody, { kind: 'forker.draining' }>): void {
  const { drainedBy: _by, drainDeadline: _until, drainReason: _why, ...others } = draft.view;
  const { stopping: _stopping, ...view } = others;
  const { draining, actor, stopping, deadline, reason } = event;
  if (!draining) return void (draft.view = { ...view, draining });
  draft.view = {
    ...view,
    draining,
    drainedBy: actor,
    ...(stopping && { stopping }),
    ...(deadline !== undefined && { drainDeadline: deadline }),
    ...(reason !== undefined && { drainReason: reason }),
  };
}

function noteOutage(draft: Draft, { outage }: Extract<EventBody, { kind: 'forker.outage' }>): void {
  const { outage: _before, ...view } = draft.view;
  draft.view = outage === null ? view : { ...view, outage };
}

function change(draft: Draft, part: Partial<View>): void {
  draft.view = { ...draft.view, ...part };
}

function ownChildren(draft: Draft): Record<string, Child> {
  if (draft.children !== null) return draft.children;
  const children = (draft.children = copy(draft.view.children));
  change(draft, { children });
  return children;
}

function ownLocks(draft: Draft): Record<string, Lock> {
  if (draft.locks !== null) return draft.locks;
  const locks = (draft.locks = copy(draft.view.locks));
  change(draft, { locks });
  return locks;
}

/** Key by key: with 5,000 of them a spread and Object.assign take 1.3 ms, this takes 0.6. */
function copy<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const result: Record<string, T> = {};
  for (const key of Object.keys(record)) result[key] = record[key] as T;
  return result;
}

function assertNever(event: never): never {
  throw new TypeError(`unhandled event ${JSON.stringify(event)}`);
}
