/**
 * When something began, and when the clients that are left are disconnected: milliseconds since
 * 1970.
 */
export interface Period {
  readonly since: number;
  readonly deadline: number;
}

/** Nothing new is taken. `reason` is the operator's, as users read it; null when there is none. */
export interface Drain extends Period {
  readonly reason: string | null;
}

/**
 * Whether a gateway takes connections, and how it ends. The first process has one, and each worker
 * process one of its own: a worker that was replaced is `replaced` while the gateway is `open`.
 */
export type GatewayStatus =
  | { readonly name: 'open' }
  /**
   * An operator drains the service: new connections and sessions are refused until that is over.
   */
  | { readonly name: 'draining'; readonly drain: Drain }
  /**
   * A successor gets the new connections. Those that are here go on, new sessions on them included,
   * until their clients close them, unless an operator drains the service.
   */
  | { readonly name: 'replaced'; readonly period: Period; readonly drain: Drain | null }
  /** It ends, which cannot be taken back: nothing new is taken. */
  | { readonly name: 'stopping'; readonly drain: Drain }
  /** The last connection has closed. */
  | { readonly name: 'ended'; readonly drain: Drain | null };

/** What happens to a gateway. Plain data: the first process passes it on to its workers. */
export type StatusEvent =
  | { readonly type: 'drain'; readonly drain: Drain }
  | { readonly type: 'undrain' }
  | { readonly type: 'retire'; readonly period: Period }
  /** An urgent stop disconnects clients at once. */
  | { readonly type: 'stop'; readonly period: Period; readonly urgent: boolean }
  | { readonly type: 'deadline-passed' }
  /** Nothing is left to wait for, after `finish`. */
  | { readonly type: 'all-closed' };

export type StatusEffect =
  /** Refuse new connections and sessions; connections without a session are told and closed. */
  | { readonly type: 'refuse'; readonly drain: Drain }
  | { readonly type: 'admit' }
  /** Have `deadline-passed` happen at this instant, and at no other; null for never. */
  | { readonly type: 'set-deadline'; readonly deadline: number | null }
  | { readonly type: 'disconnect'; readonly reason: string }
  /** Wait for the last connection to close, and end. Comes once. */
  | { readonly type: 'finish' };

export interface StatusTransition {
  readonly state: GatewayStatus;
  readonly effects: readonly StatusEffect[];
}

export const open: GatewayStatus = { name: 'open' };

/**
 * What an event comes to. One without a meaning in a state, as an undrain in `open`, changes
 * nothing.
 */
export function transition(state: GatewayStatus, event: StatusEvent): StatusTransition {
  // A deadline of days would keep a process that has nothing left.
  if (state.name === 'ended') return stay(state);
  switch (event.type) {
    case 'drain':
      return drain(state, event.drain);
    case 'undrain':
      return undrain(state);
    case 'retire':
      return retire(state, event.period);
    case 'stop':
      return stop(state, event.period, event.urgent);
    case 'deadline-passed':
      return { state, effects: [{ type: 'disconnect', reason: 'drain deadline passed' }] };
    case 'all-closed': {
      const after: GatewayStatus = { name: 'ended', drain: drainOf(state) };
      return { state: after, effects: [setDeadline(after)] };
    }
    default:
      return event satisfies never;
  }
}

/** The drain that refuses what is new, or null when it is taken. */
export function drainOf(state: GatewayStatus): Drain | null {
  return state.name === 'open' ? null : state.drain;
}

/** Whether it ends, sooner or later: no worker process is put in the place of one that is gone. */
export function isEnding(state: GatewayStatus): boolean {
  return state.name !== 'open' && state.name !== 'draining';
}

type Living = Exclude<GatewayStatus, { name: 'ended' }>;

/** A drain begins, or its deadline and reason change; one without a reason keeps that of before. */
function drain(state: Living, { since, deadline, reason }: Drain): StatusTransition {
  const before = drainOf(state);
  const now: Drain = {
    since: before?.since ?? since,
    deadline,
    reason: reason ?? before?.reason ?? null,
  };
  const after: GatewayStatus =
    state.name === 'open' ? { name: 'draining', drain: now } : { ...state, drain: now };
  return { state: after, effects: [{ type: 'refuse', drain: now }, setDeadline(after)] };
}

function undrain(state: Living): StatusTransition {
  switch (state.name) {
    case 'draining':
      return { state: open, effects: [{ type: 'admit' }, setDeadline(open)] };
    case 'replaced': {
      if (state.drain === null) return stay(state);
      const after: GatewayStatus = { ...state, drain: null };
      return { state: after, effects: [{ type: 'admit' }, setDeadline(after)] };
    }
    case 'open':
    case 'stopping':
      return stay(state);
    default:
      return state satisfies never;
  }
}

function retire(state: Living, period: Period): StatusTransition {
  if (isEnding(state)) return stay(state);
  const after: GatewayStatus = { name: 'replaced', period, drain: drainOf(state) };
  return { state: after, effects: [setDeadline(after), { type: 'finish' }] };
}

/** A drain that is on keeps its deadline; a stop of its own begins with the one that it brings. */
function stop(state: Living, period: Period, urgent: boolean): StatusTransition {
  const hurry: readonly StatusEffect[] = urgent ? [{ type: 'disconnect', reason: 'stopped' }] : [];
  if (state.name === 'stopping') return { state, effects: hurry };
  const finish: readonly StatusEffect[] = isEnding(state) ? [] : [{ type: 'finish' }];
  const before = drainOf(state);
  const now: Drain = before ?? { ...period, reason: null };
  const after: GatewayStatus = { name: 'stopping', drain: now };
  const refuse: readonly StatusEffect[] = before === null ? [{ type: 'refuse', drain: now }] : [];
  return { state: after, effects: [...refuse, setDeadline(after), ...finish, ...hurry] };
}

/** The sooner of both where a drain is on behind a successor. */
function setDeadline(state: GatewayStatus): StatusEffect {
  if (state.name === 'ended') return { type: 'set-deadline', deadline: null };
  const periods = [state.name === 'replaced' ? state.period : null, drainOf(state)];
  const deadlines = periods.flatMap((period) => (period === null ? [] : [period.deadline]));
  return { type: 'set-deadline', deadline: deadlines.length === 0 ? null : Math.min(...deadlines) };
}

function stay(state: GatewayStatus): StatusTransition {
  return { state, effects: [] };
}
