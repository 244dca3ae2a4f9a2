/** How long the service may take to fork. Its own queue and restarts are shorter. */
export const forkAnswerMsMax = 30_000;

/**
 * A fork takes milliseconds. One that takes this long waits for its turn, or the service hangs,
 * which its answer to `hello` tells.
 */
export const forkLateMs = 1_000;
/** How soon it is asked again: each answer is a line in its log. */
export const forkLateAgainMs = 2_000;

/**
 * `hello` waits in no queue: under overload it has 100 ms (bench, `overload`). After this many
 * looks in vain the service hangs.
 */
export const aliveLookMs = 1_000;
export const aliveLooksMax = 3;

/** A Python that is not up by then never will be; a cold one with Breezy took 0.1-2 s here. */
export const spawnMsMax = 30_000;

/** One line of a spawned session's reports; the longest is a traceback, cut by its writer. */
export const reportBytesMax = 256 * 1024;

/**
 * How often it is looked whether a child that is owed an EOF has connected. It does within
 * milliseconds of its fork.
 */
export const connectedLookMs = 2;

/**
 * The longest wait between two dials of one who follows the service: a drain that was ordered right
 * after a restart of the service is followed this much later at most. A dial costs some 0.1 ms.
 */
export const followRedialMsMax = 250;
