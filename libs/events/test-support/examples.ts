import type { Child, ChildUsage } from '../src/child.ts';
import type { EventBody } from '../src/event.ts';
import type { Lock, LockParty } from '../src/lock.ts';

/** When everything in these examples began, RFC 3339. */
const exampleInstant = '2026-11-21T00:00:00.000Z';

/** For tests: a child that runs, with a pid that is none of this machine's. */
export function exampleChild(id: string, changes: Partial<Child> = {}): Child {
  return {
    id,
    pid: pidOf(id),
    startTime: 123_456,
    user: 'anna',
    peer: '192.0.2.1:50022',
    command: 'bzr serve --inet --directory=/ --allow-writes',
    state: 'running',
    startedAt: exampleInstant,
    connectedAt: exampleInstant,
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
    ...changes,
  };
}

/** For tests: a use of which only the CPU is known, unless `changes` say more. */
export function exampleUsage(
  cpuPercent: number | null,
  changes: Partial<ChildUsage> = {},
): ChildUsage {
  return {
    cpuPercent,
    rssBytes: null,
    pssBytes: null,
    privateBytes: null,
    readBytes: null,
    writeBytes: null,
    minorFaults: null,
    majorFaults: null,
    ...changes,
  };
}

/** For tests: the end of a child that went well, a minute after its start. */
export function exampleEnd(id: string): EventBody {
  const exit = { code: 0, signal: null, status: 0 };
  return {
    kind: 'child.exited',
    id,
    endedAt: '2026-11-21T00:01:00.000Z',
    exit,
    rusage: null,
    cause: 'finished',
  };
}

/** For tests: somebody who holds a lock or waits for one, the child of that id. */
export function exampleParty(childId: string | null, changes: Partial<LockParty> = {}): LockParty {
  return {
    childId,
    pid: childId === null ? null : pidOf(childId),
    user: 'anna',
    host: 'hatchery-1',
    command: 'bzr serve --inet --directory=/ --allow-writes',
    since: exampleInstant,
    ...changes,
  };
}

/** For tests: a lock of a branch, held by the child c1. */
export function exampleLock(id: string, changes: Partial<Lock> = {}): Lock {
  return {
    id,
    kind: 'branch',
    path: `/srv/hosting/~anna/project/${id}/.bzr/branch/lock`,
    name: `~anna/project/${id}`,
    holder: exampleParty('c1'),
    waiters: [],
    condition: 'held',
    nonce: `nonce-${id}`,
    reasons: [],
    ...changes,
  };
}

/** Above what Linux gives out, so that no test can hit a process. */
function pidOf(id: string): number {
  return 4_000_000 + Number(id.replace(/\D/g, '') || 0);
}
