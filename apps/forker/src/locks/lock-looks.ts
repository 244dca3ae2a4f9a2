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
 * The allowed difference between an info file's clock and the kernel's boot time, both in whole
 * seconds.
 */
const slackMs = 2_000;

/** Why a held lock may stay held for ever. */
const stopped = 'its process is stopped, and continues only when somebody sends it SIGCONT';

/** The ending of a session whose end was not observed. */
const unknownEnd = 'nobody knows how';

/** The table of Breezy's locks, and the checks of the disk that keep it correct. */
export class LockLooks {
  readonly table = new LockTable((path, mark) =>
    createHash('sha256').update(`${path}\0${mark}`).digest('hex').slice(0, 12),
  );
  readonly #sessions: Pick<KnownSessions, 'find' | 'ofPid'>;

  constructor(sessions: Pick<KnownSessions, 'find' | 'ofPid'>) {
    this.#sessions = sessions;
  }

  /** Checks one place, and returns what to publish so that the table matches the disk. */
  look(place: LockPlace): EventBody[] {
    const { path } = place;
    const disk = readDiskLock(path);
    const known = this.table.at(path);
    const knownMark = this.table.markAt(path);
    if (disk === null) return knownMark === undefined ? [] : this.table.released(path, knownMark);
    const same = known !== undefined && knownMark === disk.mark;
    // A lock whose session has ended stays an orphan after the session is forgotten.
    if (same && known.condition === 'orphaned') return [];
    const session = same
      ? (this.#sessionNamed(known.holder) ?? this.#sessionOf(disk))
      : this.#sessionOf(disk);
    // It is as its session reported it, but a stopped process cannot report.
    if (same && isLiving(session) && known.holder?.childId === session.id) {
      const reported = known.reasons.filter((reason) => reason !== stopped);
      const isStopped = processFacts(session.pid)?.stopped === true;
      return this.table.changed(path, { reasons: isStopped ? [...reported, stopped] : reported });
    }
    const holder =
      same && isHolder(known.holder, session) ? known.holder : partyOnDisk(disk, session);
    // Every living session is known, so an unknown one has ended, however long ago.
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
   * Whether a lock that a session reports as gone is still on disk. Breezy reports after it has
   * removed the lock, so the report is then false; to believe it would hide the lock for good.
   */
  isThere(path: string, nonce: string | null): boolean {
    return (readDiskLock(path)?.mark ?? null) === (nonce ?? '');
  }

  #sessionNamed(holder: LockParty | null): Child | null {
    const id = holder?.childId ?? null;
    return id === null ? null : this.#sessions.find(id);
  }

  /**
   * The session whose process took a lock: the one with that pid and these start ticks. Host name,
   * pid and date are not enough, because another pid namespace may have the same ones, and a lock
   * attributed to a session is freed when that session has ended.
   */
  #sessionOf({ info }: DiskLock): Child | null {
    if ('corrupt' in info || info.pid === null || info.identity === null) return null;
    const { startTicks } = info.identity;
    return this.#sessions.ofPid(info.pid).find(({ startTime }) => startTime === startTicks) ?? null;
  }
}

/** Now, by the clock of the children's reports (CLOCK_MONOTONIC; Python's time.monotonic). */
function monotonicS(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A session as the holder of a lock, or as a waiter. */
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

/** For a damaged lock only its age is known. */
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
 * Whether the holder's record is complete: for a process that is gone the command cannot be read.
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
 * Whether a process existed when a lock was taken, by the wall clock: good enough to show, but no
 * proof of a death.
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
