import { age, size } from '@hatchery/display';
import type { AuditEntry, SessionEntry } from '@hatchery/event-feed';
import {
  failureOfStatus,
  failureWords,
  type FailureKind,
  type RunningSession,
} from '@hatchery/events';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { findOldGateways, sessionsOfOld, type OldSession } from '../service/old-parts.ts';
import { gatewayState } from '../service/running-gateway.ts';
import { NotRunningError } from '../service/running-service.ts';
import { table } from '../terminal/table.ts';
import {
  nothingFits,
  readSelection,
  selectEntries,
  selectionHelp,
  selectionOptions,
  selectionSynopsis,
  shownInstant,
  type Selection,
} from './selection.ts';

/** A session, running or ended, as `sessions --json` prints it. Instants are RFC 3339 in UTC. */
export interface ShownSession extends Omit<RunningSession, 'ageMs'> {
  /** `ended`, or its present state. */
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly lastedMs: number;
  /** Exit status or signal; null while it runs, and when unknown. */
  readonly exit: number | string | null;
  /** Null when the session was refused nothing and failed in nothing, as far as known. */
  readonly failure: SessionFailure | null;
  /** Why it ended; null while it runs. */
  readonly reason: string | null;
  /** The pid of the old gateway that serves it to its end after a restart; null for all others. */
  readonly oldGateway: number | null;
}

const fallback = { since: '1d', limit: 50 };

/**
 * The gravest refusal or failure of a session; `cause` is null when the fork service did not record
 * it.
 */
interface SessionFailure {
  readonly kind: FailureKind;
  readonly path: string | null;
  readonly cause: string | null;
}

export const sessions: Command = {
  name: 'sessions',
  synopsis: selectionSynopsis,
  summary: 'list running SSH sessions, and those that ended last',
  details: selectionHelp(fallback),
  options: selectionOptions,
  async run(invocation) {
    expectWords(invocation);
    const now = new Date();
    const selection = readSelection(invocation.options, fallback, now);
    const { running, isWhole } = await findRunning(invocation, selection, now);
    const list = [...running, ...findEnded(invocation, selection)];
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(list)}\n`);
    else
      invocation.print(
        list.length === 0 ? nothingFits('session', selection) : describeSessions(list),
      );
    return isWhole ? exitDone : exitFailed;
  },
};

interface Running {
  readonly running: readonly ShownSession[];
  /** False when a living old gateway did not answer. */
  readonly isWhole: boolean;
}

/** Newest first. Without a gateway no session runs; say so, and still list the ended ones. */
async function findRunning(
  { config, say }: Invocation,
  { user }: Selection,
  now: Date,
): Promise<Running> {
  const state = await gatewayState(config).catch((error: unknown) => {
    if (error instanceof NotRunningError) return null;
    throw error;
  });
  // Asked second: if a restart happens in between, the first gateway becomes an old one, and its
  // sessions would be in neither answer.
  const old = await findOldGateways(config);
  if (state === null && old.length === 0)
    say('no ssh gateway runs, so no session runs; ended sessions follow');
  const byId = new Map(
    [...(state?.sessions ?? []), ...sessionsOfOld(old, say)].map((session) => [
      session.sessionId,
      session,
    ]),
  );
  const running = [...byId.values()]
    .filter((session) => user === null || session.user === user)
    .toSorted((a, b) => a.ageMs - b.ageMs)
    .map((session) => shownRunning(session, now));
  return { running, isWhole: !old.some(({ state: told }) => told instanceof Error) };
}

function shownRunning({ ageMs, ...session }: RunningSession | OldSession, now: Date): ShownSession {
  const startedAt = new Date(now.getTime() - ageMs).toISOString();
  return {
    oldGateway: null,
    ...session,
    startedAt,
    endedAt: null,
    lastedMs: ageMs,
    exit: null,
    failure: null,
    reason: null,
  };
}

function findEnded(invocation: Invocation, selection: Selection): ShownSession[] {
  const failures: Failures = new Map();
  const pick = (entry: AuditEntry): (SessionEntry & AuditEntry) | null => {
    // The entry is older than the end of its session, so it comes after it in the list.
    if (entry.kind === 'session.failed') failures.set(`${entry.childId} ${entry.failure}`, entry);
    if (entry.kind !== 'session.closed') return null;
    return selection.user === null || entry.user === selection.user ? entry : null;
  };
  return selectEntries(invocation, selection, pick).map((entry) => shownEnded(entry, failures));
}

type Failures = Map<string, Extract<AuditEntry, { kind: 'session.failed' }>>;

function failureOf({ childId, exit }: SessionEntry, failures: Failures): SessionFailure | null {
  const kind = failureOfStatus(exit);
  if (kind === null) return null;
  const { path = null, cause = null } = failures.get(`${childId} ${kind}`) ?? {};
  return { kind, path, cause };
}

function shownEnded(entry: SessionEntry & AuditEntry, failures: Failures): ShownSession {
  const { at, sessionId, childId, user, peer, command, branch, lastedMs, bytes, exit, reason } =
    entry;
  const startedAt = new Date(Date.parse(at) - lastedMs).toISOString();
  const failure = failureOf(entry, failures);
  const who = { sessionId, childId, user, peer, command, branch };
  return {
    ...who,
    state: 'ended',
    startedAt,
    endedAt: at,
    lastedMs,
    bytes,
    exit,
    failure,
    reason,
    oldGateway: null,
  };
}

/** A table, one session a row. */
function describeSessions(list: readonly ShownSession[]): string {
  return table(
    ['STARTED', 'USER', 'PEER', 'BRANCH', 'LASTED', 'IN', 'OUT', 'END', 'SESSION'],
    list.map((session) => [
      shownInstant(session.startedAt),
      session.user,
      session.peer,
      session.branch ?? '-',
      lasted(session.lastedMs),
      shownSize(session.bytes?.in),
      shownSize(session.bytes?.out),
      end(session),
      session.sessionId,
    ]),
  );
}

function end({ endedAt, state, exit, failure, reason, oldGateway }: ShownSession): string {
  if (endedAt === null) return oldGateway === null ? state : `${state}, old gateway ${oldGateway}`;
  if (failure !== null && reason === 'finished')
    return [failureWords(failure.kind), failure.cause].filter((word) => word !== null).join(': ');
  const how = typeof exit === 'string' ? exit : exit === null ? 'exit unknown' : `exit ${exit}`;
  return reason === 'finished' ? how : `${how}, ${reason}`;
}

function lasted(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : age(0, ms);
}

function shownSize(bytes: number | undefined): string {
  return bytes === undefined ? '-' : size(bytes);
}
