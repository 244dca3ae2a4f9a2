import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Child, EventBody, LockParty } from '@hatchery/events';
import { judge, LockTable, type HeldInfo, type HolderSession, type LockPlace } from '@hatchery/locks';
import { processFacts, startedAt } from '@hatchery/script-locks';
import { readDiskLock, type DiskLock } from './disk-lock.ts';
import type { KnownSessions } from './known-sessions.ts';

/** Clocks are compared with this much slack: info files hold whole seconds. */
const slackMs = 2_000;

/** Why a lock that is held may stay so for ever. */
const stopped = 'its process is stopped, and goes on only when somebody sends it SIGCONT';

/** How a session ended that nobody saw the end of. */
const unknownEnd = 'nobody knows how';

/** The table of Breezy's locks, and the looks at the disk that keep it true. */
export class LockLooks {
  readonly table = new LockTable((path, mark) =>
    createHash('sha256').update(`${path}\0${mark}`).digest('hex').slice(0, 12),
  );
  readonly #sessions: Pick<KnownSessions, 'find' | 'ofPid'>;

  constructor(sessions: Pick<KnownSessions, 'find' | 'ofPid'>) {
    this.#sessions = sessions;
  }

  /** Looks at one place, and says what to publish so that the table tells what is there. */
  look(place: LockPlace): EventBody[] {
    const { path } = place;
    const disk = readDiskLock(path);
    const known = this.table.at(path);
    const knownMark = this.table.markAt(path);
    if (disk === null) return knownMark === undefined ? [] : this.table.released(path, knownMark);
    const same = known !== undefined && knownMark === disk.mark;
    // Whose session has ended stays an orphan: the session itself is forgotten after a while.
    if (same && known.condition === 'orphaned') return [];
    const session = same ? this.#sessionOf(known.holder) : this.#sessionOf(partyOfInfo(disk));
    // It is as its session reported it, but a process that is stopped cannot say so.
    if (same && isLiving(session) && known.holder?.childId === session.id) {
      const reported = (known.reasons ?? []).filter((reason) => reason !== stopped);
      const isStopped = processFacts(session.pid)?.stopped === true;
      return this.table.changed(path, { reasons: isStopped ? [...reported, stopped] : reported });
    }
    const holder = same && isHolder(known.holder, session) ? known.holder : partyOnDisk(disk, session);
    // Every session that lives is known; one that is not has ended, however long ago.
    const isForgotten = session === null && (holder?.childId ?? null) !== null;
    const verdict = judge(factsOf(disk, isForgotten ? 'forgotten' : session));
    return this.table.acquired({ place, ...disk, holder, verdict, atS: monotonicS(), source: 'look' });
  }

  /** The session that a holder is or was, by its name or by the process that an info file names. */
  #sessionOf(holder: LockParty | null): Child | null {
    if (holder === null) return null;
    const { childId, host, pid, since } = holder;
    if (childId !== null) return this.#sessions.find(childId);
    // A host without a name of its own cannot tell its locks from those of others.
    if (pid === null || host !== hostname() || host === 'localhost') return null;
    const session = this.#sessions.ofPid(pid).find((child) => isWithin(child, since)) ?? null;
    return session !== null && !isLiving(session) && mayBeAnothers(pid, since) ? null : session;
  }
}

/** Whether a process of this pid runs that was there when the lock was taken: then the lock is its own, whoever had the pid before. */
function mayBeAnothers(pid: number, since: string | null): boolean {
  const facts = processFacts(pid);
  const started = facts === null ? null : startedAt(facts);
  return started !== null && (since === null || Date.parse(started) <= Date.parse(since) + slackMs);
}

/** Now, by the clock that children put on their reports (CLOCK_MONOTONIC; Python's time.monotonic). */
function monotonicS(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A session as the holder of a lock, or as a waiter for one. */
export function partyOf(child: Child, info: HeldInfo | null = null, since: string | null = null): LockParty {
  const { id, pid, user, command } = child;
  return {
    childId: id,
    pid,
    user: user ?? info?.user ?? null,
    host: hostname(),
    command,
    since: since ?? sinceOf(info),
  };
}

function partyOfInfo({ info }: DiskLock): LockParty | null {
  if ('corrupt' in info) return null;
  const { pid, user, hostname: host } = info;
  const command = host === hostname() && pid !== null ? (processFacts(pid)?.words.join(' ') ?? null) : null;
  return { childId: null, pid, user, host, command, since: sinceOf(info) };
}

function partyOnDisk(disk: DiskLock, session: Child | null): LockParty | null {
  return session === null ? partyOfInfo(disk) : partyOf(session, infoOf(disk));
}

/** Whether what is known of a holder is as much as a look can tell: a process that is gone has no command any more. */
function isHolder(known: LockParty | null, session: Child | null): boolean {
  return known !== null && (session === null || known.childId === session.id);
}

function infoOf({ info }: DiskLock): HeldInfo | null {
  return 'corrupt' in info ? null : info;
}

function factsOf({ info, ownFile }: DiskLock, session: Child | 'forgotten' | null): Parameters<typeof judge>[0] {
  const facts = 'corrupt' in info || info.pid === null ? null : processFacts(info.pid);
  const started = facts === null ? null : startedAt(facts);
  return {
    info,
    ownFile,
    session: sessionState(session),
    ownHost: hostname(),
    processStartedS: started === null ? null : Date.parse(started) / 1000,
    nowS: Date.now() / 1000,
  };
}

function isLiving(session: Child | null): session is Child {
  return session !== null && session.state !== 'exited';
}

function sessionState(session: Child | 'forgotten' | null): HolderSession {
  if (session === null) return null;
  if (session === 'forgotten') return { state: 'ended', how: unknownEnd };
  if (session.state !== 'exited') return { state: 'running' };
  const { code, signal } = session.exit ?? { code: null, signal: null };
  return { state: 'ended', how: signal ?? (code === null ? unknownEnd : `exit ${code}`) };
}

/** Whether a lock of this date can be this session's: pids are used again. */
function isWithin({ startedAt: from, endedAt }: Child, since: string | null): boolean {
  if (since === null) return endedAt === null;
  const at = Date.parse(since);
  return at >= Date.parse(from) - slackMs && (endedAt === null || at <= Date.parse(endedAt) + slackMs);
}

function sinceOf(info: HeldInfo | null): string | null {
  const milliseconds = 1000 * (info?.startTimeS ?? NaN);
  // The last instant that a Date can hold (ECMA-262, "Time Values").
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : null;
}
