import { controlSocketPath, gatewayControlSocketPath, type Config } from '@hatchery/config';
import {
  predecessorSocketPath,
  processStartTime,
  readPartRecord,
  readReplacedRecords,
} from '@hatchery/daemon';
import type { PartRecord } from '@hatchery/daemon';
import { visible } from '@hatchery/display';
import { controlRequest } from '@hatchery/event-feed';
import type { RunningSession } from '@hatchery/events';
import { oldPartAnswerMsMax } from '../limits.ts';
import type { PartName } from './part.ts';
import type { GatewayState } from './running-gateway.ts';

/** A part that a restart has replaced, and that goes on for somebody. */
export interface OldPart {
  readonly name: string;
  readonly pid: number;
  /** `ready` still takes connections, in the midst of a restart; `failed` gives no answer. */
  readonly state: 'ready' | 'draining' | 'failed';
  /** RFC 3339; null when nobody knows. */
  readonly drainingSince: string | null;
  /**
   * Those that it still serves, the fork service's clients by their connections; null when nobody
   * knows.
   */
  readonly sessions: number | null;
  /**
   * Open connections of a gateway, each of which may begin a session; null of other parts, and when
   * nobody knows.
   */
  readonly connections: number | null;
  /**
   * When clients that are still there are disconnected, RFC 3339; null when they are not, and when
   * nobody knows.
   */
  readonly drainDeadline: string | null;
  readonly lastError: string | null;
}

/**
 * An old gateway, and what it says of itself or why it says nothing; null is one that is about to
 * go.
 */
export interface OldGateway {
  readonly pid: number;
  readonly state: GatewayState | Error | null;
}

/** A session that an old gateway serves to its end. */
export interface OldSession extends RunningSession {
  readonly oldGateway: number;
}

/** What an old fork service says of itself. */
interface OldForkerState {
  readonly drainingSince: string;
  readonly clients: number;
}

/** Every old part that lives, the oldest of each kind first. */
export async function findOldParts(config: Config): Promise<OldPart[]> {
  // A page has no control socket: it ends in a moment, unless it hangs.
  const pages = recordsOf(config, 'dashboard').map(({ pid }) => ({ pid, state: null }));
  const [forkers, gateways] = await Promise.all([
    ask<OldForkerState>(config, 'forker', controlSocketPath(config)),
    findOldGateways(config),
  ]);
  return [
    ...gateways.map(({ pid, state }) => describe('ssh-gateway', pid, state, countGateway)),
    ...forkers.map(({ pid, state }) => describe('forker', pid, state, countForker)),
    ...pages.map(({ pid, state }) =>
      describe('dashboard', pid, state, () => ({ sessions: null, connections: null })),
    ),
  ];
}

/** Every old gateway that lives, the oldest first. */
export function findOldGateways(config: Config): Promise<OldGateway[]> {
  return ask<GatewayState>(config, 'ssh-gateway', gatewayControlSocketPath(config));
}

/** Their sessions, each with the pid of its gateway. What cannot be known is said by `say`. */
export function sessionsOfOld(
  gateways: readonly OldGateway[],
  say: (line: string) => void,
): OldSession[] {
  return gateways.flatMap(({ pid, state }) => {
    if (!(state instanceof Error))
      return (state?.sessions ?? []).map((session) => ({ ...session, oldGateway: pid }));
    say(`the sessions of the old ssh gateway (pid ${pid}) are not known: ${state.message}`);
    return [];
  });
}

/** A line. */
export function describeOldPart({ name, pid, state, ...old }: OldPart): string {
  const { drainingSince, sessions, connections, drainDeadline, lastError } = old;
  const start = `old ${name} (pid ${pid})`;
  if (lastError !== null) return visible(`${start} should drain: ${lastError}`);
  if (sessions === null) return `${start} is about to end`;
  // A client that multiplexes keeps its connection between two sessions (ControlMaster).
  const idle =
    sessions === 0 && (connections ?? 0) > 0
      ? ` on ${counted(connections ?? 0, 'connection')}`
      : '';
  const count = `${counted(sessions, 'session')}${idle}`;
  if (state === 'ready') return `${start} serves beside its successor: ${count}`;
  const until = drainDeadline === null ? '' : `, until ${drainDeadline} at most`;
  return `${start} has drained since ${drainingSince ?? '?'}: ${count}${until}`;
}

type Counts = Pick<OldPart, 'sessions' | 'connections'>;

function countGateway({ sessions, connections }: GatewayState): Counts {
  return { sessions: sessions.length, connections };
}

function countForker({ clients }: OldForkerState): Counts {
  return { sessions: clients, connections: null };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function describe<
  T extends { readonly drainingSince: string | null; readonly drainDeadline?: string | null },
>(name: string, pid: number, state: T | Error | null, count: (state: T) => Counts): OldPart {
  const unknown = {
    drainingSince: null,
    sessions: null,
    connections: null,
    drainDeadline: null,
    lastError: null,
  };
  if (state === null) return { name, pid, state: 'draining', ...unknown };
  if (state instanceof Error)
    return { name, pid, state: 'failed', ...unknown, lastError: state.message };
  const { drainingSince, drainDeadline = null } = state;
  const told = drainingSince === null ? 'ready' : 'draining';
  return { name, pid, state: told, drainingSince, ...count(state), drainDeadline, lastError: null };
}

/**
 * All at once, so that one that hangs holds nobody up for longer than {@link oldPartAnswerMsMax}.
 */
async function ask<T>(
  config: Config,
  name: PartName,
  socket: string,
): Promise<{ readonly pid: number; readonly state: T | Error | null }[]> {
  const asked = recordsOf(config, name).map(async ({ pid, startTime }) => {
    const path = predecessorSocketPath(socket, pid);
    try {
      return {
        pid,
        state: (await controlRequest(path, 'GET', '/v1/state', undefined, oldPartAnswerMsMax)) as T,
      };
    } catch (error) {
      if (processStartTime(pid) !== startTime) return null;
      return { pid, state: isClosed(error as NodeJS.ErrnoException) ? null : (error as Error) };
    }
  });
  return (await Promise.all(asked)).filter((one) => one !== null);
}

/**
 * The last thing that a part does is to close its socket; a fork service that hands over has none
 * for a moment.
 */
function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET';
}

function recordsOf(config: Config, name: PartName): PartRecord[] {
  const current = readPartRecord(config, name);
  return readReplacedRecords(config, name).filter(({ pid }) => pid !== current?.pid);
}
