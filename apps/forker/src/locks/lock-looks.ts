import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Child, EventBody, LockParty } from '@hatchery/events';
import {
  isHoldersProcess,
  judge,
  LockTable,
  type HeldInfo,
  type HolderSession,
  type LockPlace,
} from '@hatchery/locks';
import { processFacts, startedAt, thisKernel, type ProcessFacts } from '@hatchery/script-locks';
import { readDiskLock, type DiskLock } from './disk-lock.ts';
import type { KnownSessions } from './known-sessions.ts';

/**
 * How far the clocks in an info file and of the kernel's boot may be apart, which hold whole
 * seconds.
 */
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
    const session = same
      ? (this.#sessionNamed(known.holder) ?? this.#sessionOf(disk))
      : this.#sessionOf(disk);
    // It is as its session reported it, but a process that is stopped cannot say so.
    if (same && isLiving(session) && known.holder?.childId === session.id) {
      const reported = known.reasons.filter((reason) => reason !== stopped);
      const isStopped = processFacts(session.pid)?.stopped === true;
      return this.table.changed(path, { reasons: isStopped ? [...reported, stopped] : reported });
    }
    const holder =
      same && isHolder(known.holder, session) ? known.holder : partyOnDisk(disk, session);
    // Every session that lives is known; one that is not has ended, however long ago.
    const isForgotten = session === null && (holder?.childId ?? null) !== null;
    const verdict = judge(factsOf(disk, isForgotten ? 'forgotten' : session));
    return this.table.acquired({
      place,
      ...disk,
      holder,
      verdict,
      atS: monotonicS(),
      source: 'look',
    });
  }

  /**
   * Whether a lock is on disk that a session calls gone. Breezy tells of it after it has removed
   * the lock, so such a claim is false: one that was believed would hide the lock for good.
   */
  isThere(path: string, nonce: string | null): boolean {
    return (readDiskLock(path)?.mark ?? null) === (nonce ?? '');
  }

  #sessionNamed(holder: LockParty | null): Child | null {
    const id = holder?.childId ?? null;
    return id === null ? null : this.#sessions.find(id);
  }

  /**
   * The session whose process took a lock: one of that pid and these start ticks. A host name, a
   * pid and a date are not enough: another pid namespace has the same ones, and what goes for a
   * session's is freed by itself when that has ended.
   */
  #sessionOf({ info }: DiskLock): Child | null {
    if ('corrupt' in info || info.pid === null || info.identity === null) return null;
    const { startTicks } = info.identity;
    return this.#sessions.ofPid(info.pid).find(({ startTime }) => startTime === startTicks) ?? null;
  }
}

/**
 * Now, by the clock that children put on their reports (CLOCK_MONOTONIC; Python's time.monotonic).
 */
function monotonicS(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A session as the holder of a lock, or as a waiter for one. */
export function partyOf(
  child: Child,
  info: HeldInfo | null = null,
  since: string | null = null,
): LockParty {
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

/** Of a damaged lock only its age can be told. */
function partyOfInfo(disk: DiskLock): LockParty {
  const { info, changedAt } = disk;
  if ('corrupt' in info)
    return { childId: null, pid: null, user: null, host: null, command: null, since: changedAt };
  const { pid, user, hostname: host } = info;
  const isSeen = pid !== null && isHoldersProcess(factsOf(disk, null));
  const command = isSeen ? (processFacts(pid)?.words.join(' ') ?? null) : null;
  return {
    childId: null,
    pid,
    user,
    host,
    command,
    since: sinceOf(info) ?? (host === null ? changedAt : null),
  };
}

function partyOnDisk(disk: DiskLock, session: Child | null): LockParty {
  return session === null ? partyOfInfo(disk) : partyOf(session, infoOf(disk));
}

/**
 * Whether what is known of a holder is as much as a look can tell: a process that is gone has no
 * command any more.
 */
function isHolder(known: LockParty | null, session: Child | null): boolean {
  return known !== null && (session === null || known.childId === session.id);
}

function infoOf({ info }: Pick<DiskLock, 'info'>): HeldInfo | null {
  return 'corrupt' in info ? null : info;
}

function factsOf(
  { info, ownFile }: DiskLock,
  session: Child | 'forgotten' | null,
): Parameters<typeof judge>[0] {
  const facts = 'corrupt' in info || info.pid === null ? null : processFacts(info.pid);
  return {
    info,
    ownFile,
    session: sessionState(session),
    ownHost: hostname(),
    here: thisKernel(),
    process:
      facts === null
        ? null
        : { startTime: facts.startTime, isOlder: isOlder(facts, infoOf({ info })) },
  };
}

/**
 * Whether a process was there when a lock was taken, by the clock on the wall: a guess to show, and
 * no evidence of a death.
 */
function isOlder(facts: ProcessFacts, info: HeldInfo | null): boolean {
  const started = startedAt(facts);
  const taken = info?.startTimeS ?? null;
  if (taken === null || started === null) return false;
  const takenMs = 1000 * taken;
  return Date.parse(started) <= takenMs + slackMs && takenMs <= Date.now() + slackMs;
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

function sinceOf(info: HeldInfo | null): string | null {
  const milliseconds = 1000 * (info?.startTimeS ?? NaN);
  // The last instant that a Date can hold (ECMA-262, "Time Values").
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : null;
}
