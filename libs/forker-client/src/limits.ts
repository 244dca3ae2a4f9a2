/** How long the service may take to fork. Its own queue and restarts are shorter; a service that says nothing is stuck. */
export const forkAnswerMsMax = 30_000;

/** A Python that is not up by then never will be; a cold one with Breezy took 0.1-2 s here. */
export const spawnMsMax = 30_000;

/** One line of a spawned session's reports; the longest is a traceback, cut by its writer. */
export const reportBytesMax = 256 * 1024;

/** How often it is looked whether a child that is owed an EOF has connected. It does within milliseconds of its fork. */
export const connectedLookMs = 2;
