import type { Child, ChildRusage } from '@hatchery/events';

/** A child that has just been forked, with an invented pid. */
export function newTestChild(changes: Partial<Child> = {}): Child {
  return {
    id: 'c1',
    pid: 4_194_001,
    startTime: 17,
    user: 'alice',
    peer: '192.0.2.1:50022',
    command: 'lp-serve --inet alice',
    state: 'waiting',
    startedAt: '2026-01-01T00:00:00.000Z',
    connectedAt: null,
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
    ...changes,
  };
}

/** What wait4 told of it. */
export const testRusage: ChildRusage = {
  userMs: 3,
  systemMs: 2,
  maxRssBytes: 28_000_000,
  minorFaults: 600,
  majorFaults: 1,
  inBlocks: 8,
  outBlocks: 0,
  voluntarySwitches: 4,
  involuntarySwitches: 3,
};
