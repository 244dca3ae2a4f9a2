/**
 * How often locks that no session reports are looked at again: those of other processes, and those
 * of scripts.
 */
export const lookAgainMs = 1_000;

/**
 * Locks of other processes that are looked at again in one turn, in rotation: a read of 10–30 µs
 * each.
 */
export const lookAgainMax = 200;

/**
 * After a change in the directory of script locks, how long it is waited for the change to be
 * whole.
 */
export const settleMs = 20;

/**
 * The background sweep: directories a second, and the pause after the last. A list of 100,000
 * branches takes a quarter of an hour.
 */
export const sweepDirectoriesPerS = 100;
export const sweepPauseMs = 600_000;

/**
 * A scan that somebody waits for, or the one at start, lets others run after this many directories.
 */
export const scanDirectoriesAtATime = 50;

/** `~user/project/branch` is three deep; below that are branches in branches, and working trees. */
export const sweepDepthMax = 12;

/** Branches that one session is remembered to have opened, to look at when it ends badly. */
export const branchesOfSessionMax = 1_000;

/**
 * Ended sessions, kept to know whose a lock is that nobody reported: some 400 bytes each. The view
 * keeps only a screenful.
 */
export const endedSessionsMax = 5_000;

/**
 * From the end of a session that could not report to a look at every branch, so that many ends are
 * one look.
 */
export const scanAfterMuteMs = 1_000;

/** How often the grace of orphaned locks is looked at. */
export const orphanLookMs = 200;

/** Ids of locks that are gone, kept to tell "changed hands" from "never was". */
export const goneIdsMax = 1_000;

/**
 * From SIGTERM to SIGKILL, and from there to giving up, when a lock is broken under a living
 * holder. In all less than a control request may take.
 */
export const holderTermMs = 3_000;
export const holderKillMs = 3_000;

/** A scan of a large root takes longer than whoever asked for it may wait; it goes on then. */
export const scanAnswerMsMax = 8_000;
