/**
 * How often locks that no session reports are checked: those of other processes, and of scripts.
 */
export const lookAgainMs = 1_000;

/** Locks of other processes checked in one turn, in rotation: a read of 10–30 µs each. */
export const lookAgainMax = 200;

/**
 * How long to wait after a change in the directory of script locks until the change is complete.
 */
export const settleMs = 20;

/**
 * The background sweep: directories a second, and the pause after the last. A root of 100,000
 * branches takes a quarter of an hour.
 */
export const sweepDirectoriesPerS = 100;
export const sweepPauseMs = 600_000;

/** A requested scan, and the one at start, yields after this many directories. */
export const scanDirectoriesAtATime = 50;

/** `~user/project/branch` is three deep; below that are branches in branches, and working trees. */
export const sweepDepthMax = 12;

/** Branches remembered per session, to check when it ends badly. */
export const branchesOfSessionMax = 1_000;

/**
 * Ended sessions kept to identify the holder of a lock that no session reported: some 400 bytes
 * each. The view keeps only a screenful.
 */
export const endedSessionsMax = 5_000;

/**
 * From the end of a session that could not report to a scan of every branch, so that many ends need
 * only one scan.
 */
export const scanAfterMuteMs = 1_000;

/** How often the grace of orphaned locks is checked. */
export const orphanLookMs = 200;

/** Ids of freed locks, kept to distinguish "changed hands" from "never existed". */
export const goneIdsMax = 1_000;

/**
 * From SIGTERM to SIGKILL, and from there to giving up, when a lock is broken under a living
 * holder. The sum is less than a control request may take.
 */
export const holderTermMs = 3_000;
export const holderKillMs = 3_000;

/** A scan of a large root takes longer than a client may wait; it continues afterwards. */
export const scanAnswerMsMax = 8_000;
