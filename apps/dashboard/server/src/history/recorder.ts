import {
  failureWords,
  type Child,
  type Event,
  type FeedMessage,
  type Lock,
  type View,
} from '@hatchery/events';
import { lookOf, partyName, stateAfter, type HistoryRecord } from './record.ts';
import { UsageStretches } from './usage-stretches.ts';

/** Turns messages of the feed into records. It knows no database, so tests need only messages. */
export class Recorder {
  readonly #usage = new UsageStretches();
  readonly #now: () => number;
  #epoch: string | null = null;

  /** `now` gives milliseconds since 1970: a snapshot does not say when it was taken. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The records to keep of one message; `before` is the view before that message. */
  take(message: FeedMessage, before: View): readonly HistoryRecord[] {
    switch (message.type) {
      case 'hello':
      case 'heartbeat':
        return [];
      case 'snapshot':
        return this.#snapshot(message);
      case 'event':
        return this.#event(message.event, before);
    }
  }

  #snapshot({ epoch, view }: Extract<FeedMessage, { type: 'snapshot' }>): readonly HistoryRecord[] {
    const at = this.#now();
    const restarted = this.#epoch !== null && this.#epoch !== epoch;
    this.#epoch = epoch;
    const children = Object.values(view.children);
    const locks = Object.values(view.locks);
    return [
      ...(restarted ? [mark(at, 'restart', 'the forker was restarted')] : []),
      // The ended ones first: their real end is better than "unseen".
      ...[...view.recentChildren, ...children].map(
        (child) => ({ type: 'session', child, cause: null }) as const,
      ),
      {
        type: 'present',
        at,
        childIds: children.map(({ id }) => id),
        lockIds: locks.map(({ id }) => id),
      },
      ...locks.flatMap((lock) => [
        hold(lock, at),
        ...lock.waiters.map((waiter) => wait(lock, waiter, at)),
      ]),
    ];
  }

  #event(event: Event, before: View): readonly HistoryRecord[] {
    const at = Date.parse(event.at);
    switch (event.kind) {
      case 'child.spawned':
        return [{ type: 'session', child: event.child, cause: null }];
      case 'child.connected': {
        const child = before.children[event.id];
        if (child === undefined) return [];
        return [
          { type: 'session', child: { ...child, connectedAt: event.connectedAt }, cause: null },
        ];
      }
      case 'child.usage':
        return this.#usage.take(event.samples, at, Object.keys(before.children).length);
      case 'child.stopping':
        return [mark(at, 'signal', event.cause, event.id)];
      case 'child.failed':
        return failed(event, before.children[event.id]?.user ?? null, at);
      case 'child.exited': {
        const child = before.children[event.id];
        if (child === undefined) return [];
        return [...this.#usage.end(event.id), ...exited(event, child, at)];
      }
      case 'lock.acquired':
        return acquired(event.lock, before.locks[event.lock.id], at);
      case 'lock.contended': {
        const lock = before.locks[event.id];
        return lock === undefined ? [] : [wait(lock, event.waiter, at)];
      }
      case 'lock.released':
        return [{ type: 'hold-end', lockId: event.id, at, ending: 'released' }];
      case 'lock.broken':
        return broken(event, before, at);
      case 'zygote.ready':
      case 'zygote.off':
      case 'zygote.failed':
        return [mark(at, 'zygote', zygoteText(event))];
      case 'forker.draining':
        return [
          mark(at, 'drain', `${event.draining ? 'drain' : 'end of drain'} by ${event.actor}`),
        ];
      case 'action.requested': {
        const { actionId, actor, verb, target, reason, before: seen } = event;
        const lock = seen === undefined ? null : lookOf(seen);
        return [
          {
            type: 'intent',
            at,
            actor,
            verb,
            target,
            reason,
            via: 'forker',
            actionId,
            ownId: null,
            lock,
          },
        ];
      }
      case 'action.done': {
        const { actionId, outcome, after } = event;
        return [
          { type: 'outcome', at, actionId, ownId: null, outcome, lockAfter: stateAfter(after) },
        ];
      }
      case 'session.opened':
      case 'session.spawned':
      case 'session.refused':
      case 'session.closed':
        // The gateway's own feed reports these: see gateway-records.ts.
        return [];
      default:
        // A forker newer than this dashboard may send more; unknown events are not kept.
        return [];
    }
  }
}

function exited(
  event: Extract<Event, { kind: 'child.exited' }>,
  child: Child,
  at: number,
): readonly HistoryRecord[] {
  const { id, endedAt, exit, rusage, cause } = event;
  return [
    { type: 'session', child: { ...child, endedAt, exit, rusage }, cause },
    { type: 'wait-end', lockId: null, party: id, at, ending: 'gave up' },
  ];
}

/** In the audit, under the user it happened to. A replayed event is the same row. */
function failed(
  { id, seq, failure }: Extract<Event, { kind: 'child.failed' }>,
  user: string | null,
  at: number,
): readonly HistoryRecord[] {
  const { kind, verb, path, cause } = failure;
  const actionId = `${id} ${seq}`;
  const intent = {
    actor: user ?? 'somebody',
    verb: verb === '' ? 'session' : verb,
    target: path === '' ? id : path,
  };
  return [
    {
      type: 'intent',
      at,
      ...intent,
      reason: cause,
      via: 'forker',
      actionId,
      ownId: null,
      lock: null,
    },
    { type: 'outcome', at, actionId, ownId: null, outcome: failureWords(kind), lockAfter: null },
  ];
}

/** A lock reported again is still held; a party no longer among its waiters has stopped waiting. */
function acquired(lock: Lock, before: Lock | undefined, at: number): readonly HistoryRecord[] {
  const holder = lock.holder === null ? null : partyName(lock.holder);
  const waiting = new Set(lock.waiters.map(partyName));
  const records: HistoryRecord[] = [];
  if (before !== undefined && !sameHold(before, lock)) {
    records.push({ type: 'hold-end', lockId: lock.id, at, ending: 'released' });
  }
  for (const party of (before?.waiters ?? []).map(partyName)) {
    if (party === holder)
      records.push({ type: 'wait-end', lockId: lock.id, party, at, ending: 'acquired' });
    else if (!waiting.has(party))
      records.push({ type: 'wait-end', lockId: lock.id, party, at, ending: 'gave up' });
  }
  return [...records, hold(lock, at)];
}

function broken(
  { id, actor }: Extract<Event, { kind: 'lock.broken' }>,
  before: View,
  at: number,
): readonly HistoryRecord[] {
  const name = before.locks[id]?.name ?? id;
  return [
    { type: 'hold-end', lockId: id, at, ending: 'broken' },
    mark(at, 'break', `${name} broken by ${actor}`),
  ];
}

function sameHold(left: Lock, right: Lock): boolean {
  return left.nonce === right.nonce && left.holder?.since === right.holder?.since;
}

function hold(lock: Lock, at: number): HistoryRecord {
  return { type: 'hold', lock, at: instant(lock.holder?.since) ?? at };
}

function wait({ id, name }: Lock, waiter: Lock['waiters'][number], at: number): HistoryRecord {
  return { type: 'wait', lockId: id, name, waiter, at: instant(waiter.since) ?? at };
}

function instant(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? null : at;
}

function mark(
  at: number,
  kind: Extract<HistoryRecord, { type: 'mark' }>['kind'],
  text: string,
  childId: string | null = null,
): HistoryRecord {
  return { type: 'mark', at, kind, text, childId };
}

function zygoteText(event: Extract<Event, { kind: `zygote.${string}` }>): string {
  switch (event.kind) {
    case 'zygote.ready':
      return `zygote ${event.pid} ready`;
    case 'zygote.off':
      return 'no zygote: every session is a Python of its own';
    case 'zygote.failed':
      return `zygote failed at ${event.step}: ${event.message}`;
  }
}
