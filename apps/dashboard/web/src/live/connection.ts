// Long: one connection, from its first attempt to its end.
import type {
  FeedState,
  LiveMessage,
  LivePosition,
  LiveRequest,
  ReadOnlyState,
  Role,
  Stuck,
} from '@hatchery/events';
import { highest } from '../acting/ranks.ts';
import { nextClockOffset } from './clock.ts';
import { fold, type Verdict } from './fold.ts';
import type { LiveData } from './live-data.ts';
import {
  askAgainMs,
  dialTimeoutMs,
  redialMsMax,
  redialMsMin,
  staleAfterMs,
  wakeSilenceMs,
} from './limits.ts';

/** The phase of the connection. Instants are milliseconds of this computer's clock. */
export type Phase =
  | { readonly name: 'dialling'; readonly since: number; readonly attempt: number }
  /**
   * `wokeAt` is the instant from which the page waits for an answer after the computer woke up, or
   * null.
   */
  | {
      readonly name: 'open';
      readonly askedAt: number;
      readonly attempt: number;
      readonly wokeAt: number | null;
    }
  | { readonly name: 'waiting'; readonly until: number; readonly attempt: number };

/** What the server said about itself and about this user. */
export interface ServerInfo {
  readonly epoch: string;
  readonly role: Role;
  readonly build: string;
  readonly host: string;
  /** How long a drain lets those that run go on, in seconds. */
  readonly drainTimeoutS: number;
}

/** The live connection as the page knows it. Only {@link transition} changes it. */
export interface LiveState {
  readonly phase: Phase;
  readonly data: LiveData | null;
  readonly server: ServerInfo | null;
  /**
   * The build this page was loaded with. If the server later names another one, the page is out of
   * date.
   */
  readonly firstBuild: string | null;
  readonly feed: FeedState | null;
  /** Children that hold a lock and do nothing, as the server found them. */
  readonly stuck: readonly Stuck[];
  /** Why the service is read-only, or null. */
  readonly readOnly: ReadOnlyState | null;
  /** When the page last heard from the server. */
  readonly heardAt: number | null;
  /** When the forker was last heard, by this computer's clock; null while it is not known. */
  readonly forkerHeardAt: number | null;
  /** The highest role this page has had. A user who has less now was signed out. */
  readonly formerRole: Role | null;
  /** Why the server does not let this browser in (any more), or null. */
  readonly refusal: string | null;
  /** What else blocks the stream, or null. */
  readonly obstacle: string | null;
  /** The server's clock minus this computer's, in milliseconds. */
  readonly clockOffsetMs: number | null;
}

export type LiveEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'message'; readonly message: LiveMessage }
  | { readonly type: 'closed' }
  | { readonly type: 'tick' }
  /** The page asked why the server hung up: this browser is not signed in. */
  | { readonly type: 'refused'; readonly reason: string }
  /** The page asked why the server hung up: something else blocks the stream. */
  | { readonly type: 'obstructed'; readonly reason: string }
  /** The computer woke up, the tab came to the front, or the network came back. */
  | { readonly type: 'woke' };

export type LiveEffect =
  | { readonly type: 'dial' }
  | { readonly type: 'hang-up' }
  | { readonly type: 'send'; readonly request: LiveRequest };

export interface Transition {
  readonly state: LiveState;
  readonly effects: readonly LiveEffect[];
}

const nobodyStuck: readonly Stuck[] = [];

/** The state before anything happened. The shell makes the first dial. */
export function firstState(at: number): LiveState {
  const phase: Phase = { name: 'dialling', since: at, attempt: 0 };
  return {
    phase,
    data: null,
    server: null,
    firstBuild: null,
    feed: null,
    stuck: nobodyStuck,
    readOnly: null,
    heardAt: null,
    forkerHeardAt: null,
    formerRole: null,
    refusal: null,
    obstacle: null,
    clockOffsetMs: null,
  };
}

/**
 * The state after one event at the instant `at`. `random` in [0, 1) spreads the reconnects of many
 * pages.
 */
export function transition(
  state: LiveState,
  event: LiveEvent,
  at: number,
  random: number,
): Transition {
  switch (event.type) {
    case 'opened':
      return {
        state: {
          ...state,
          phase: { name: 'open', askedAt: at, attempt: state.phase.attempt, wokeAt: null },
        },
        effects: [ask(state.data)],
      };
    case 'message':
      return hear(state, event.message, at);
    case 'closed':
      return { state: { ...state, phase: waiting(state.phase.attempt, at, random) }, effects: [] };
    case 'refused':
      return { state: { ...state, refusal: event.reason, obstacle: null }, effects: [] };
    case 'obstructed':
      return { state: { ...state, obstacle: event.reason, refusal: null }, effects: [] };
    case 'tick':
      return tick(state, at, random);
    case 'woke':
      return wake(state, at);
    default:
      return assertNever(event);
  }
}

function hear(state: LiveState, message: LiveMessage, at: number): Transition {
  const heard = { ...state, heardAt: at, ...told(state, message, at) };
  const { data, verdict } = judge(heard, message);
  const { phase } = heard;
  if (phase.name !== 'open') return { state: { ...heard, data }, effects: [] };
  if (verdict !== 'gap') {
    const settled = verdict === 'applied' && phase.attempt > 0 ? { ...phase, attempt: 0 } : phase;
    return { state: { ...heard, data, phase: settled }, effects: [] };
  }
  if (at - phase.askedAt < askAgainMs) return { state: heard, effects: [] };
  return { state: { ...heard, phase: { ...phase, askedAt: at } }, effects: [ask(data)] };
}

/**
 * Numbers of one run of the server mean nothing in another run: ignore data between hello and
 * snapshot.
 */
function judge(
  { data, server }: LiveState,
  message: LiveMessage,
): { data: LiveData | null; verdict: Verdict } {
  const foreign = data !== null && server !== null && data.epoch !== server.epoch;
  if (foreign && (message.type === 'event' || message.type === 'usage'))
    return { data, verdict: 'gap' };
  return fold(data, message);
}

function told(state: LiveState, message: LiveMessage, at: number): Partial<LiveState> {
  // An event shows that the forker was heard just now. A snapshot is only what the server
  // remembers.
  if (message.type === 'event' || message.type === 'usage') return { forkerHeardAt: at };
  if (message.type === 'snapshot') return {};
  const clockOffsetMs = nextClockOffset(state.clockOffsetMs, Date.parse(message.serverTime) - at);
  if (message.type === 'heartbeat') {
    const stuck = message.stuck.length === 0 ? nobodyStuck : message.stuck;
    const { feed, readOnly } = message;
    return {
      feed,
      stuck,
      readOnly,
      clockOffsetMs,
      forkerHeardAt: forkerHeard(feed, clockOffsetMs),
    };
  }
  const { epoch, role, build, host, feed, drainTimeoutS } = message;
  const server = { epoch, role, build, host, drainTimeoutS };
  const formerRole = highest(state.formerRole ?? role, role);
  const forkerHeardAt = forkerHeard(feed, clockOffsetMs);
  return {
    feed,
    clockOffsetMs,
    server,
    formerRole,
    forkerHeardAt,
    firstBuild: state.firstBuild ?? build,
    refusal: null,
    obstacle: null,
  };
}

function forkerHeard(feed: FeedState, clockOffsetMs: number): number {
  return Date.parse(feed.up ? feed.heardAt : feed.since) - clockOffsetMs;
}

function tick(state: LiveState, at: number, random: number): Transition {
  const { phase } = state;
  switch (phase.name) {
    case 'waiting':
      return phase.until <= at ? dial(state, phase.attempt, at) : { state, effects: [] };
    case 'dialling':
      return at - phase.since < dialTimeoutMs ? { state, effects: [] } : giveUp(state, at, random);
    case 'open': {
      const heardAt = state.heardAt ?? phase.askedAt;
      if (phase.wokeAt !== null && heardAt <= phase.wokeAt && at - phase.wokeAt >= wakeSilenceMs)
        return redial(state, at);
      return at - heardAt < staleAfterMs ? { state, effects: [] } : giveUp(state, at, random);
    }
  }
}

function wake(state: LiveState, at: number): Transition {
  const { phase } = state;
  if (phase.name === 'waiting') return dial(state, 0, at);
  if (phase.name === 'dialling') return { state, effects: [] };
  if (at - (state.heardAt ?? phase.askedAt) >= wakeSilenceMs) return redial(state, at);
  // It was heard just now, but perhaps before the sleep. The next heartbeat decides, and is due in
  // a second.
  return { state: { ...state, phase: { ...phase, wokeAt: at } }, effects: [] };
}

/** Dials again at once, whatever state the old connection reports. */
function redial(state: LiveState, at: number): Transition {
  const { state: next, effects } = dial(state, 0, at);
  return { state: next, effects: [{ type: 'hang-up' }, ...effects] };
}

function dial(state: LiveState, attempt: number, at: number): Transition {
  return {
    state: { ...state, phase: { name: 'dialling', since: at, attempt } },
    effects: [{ type: 'dial' }],
  };
}

function giveUp(state: LiveState, at: number, random: number): Transition {
  return {
    state: { ...state, phase: waiting(state.phase.attempt, at, random) },
    effects: [{ type: 'hang-up' }],
  };
}

function waiting(attempt: number, at: number, random: number): Phase {
  const ceiling = Math.min(redialMsMax, redialMsMin * 2 ** attempt);
  // Wait at least half of the maximum, so that pages with low random values do not hammer a server
  // that is down.
  return { name: 'waiting', until: at + ceiling * (0.5 + random / 2), attempt: attempt + 1 };
}

function ask(data: LivePosition | null): LiveEffect {
  const { epoch, seq, round } = data ?? { epoch: '', seq: 0, round: 0 };
  return { type: 'send', request: { type: 'resume', epoch, seq, round } };
}

function assertNever(event: never): never {
  throw new TypeError(`unhandled live event ${JSON.stringify(event)}`);
}
