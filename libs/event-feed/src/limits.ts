/**
 * Events kept for readers that resume: at 50 lifecycle events a second, five minutes of absence.
 * About 0.5 kB each; usage is not among them.
 */
export const eventsKeptMax = 16_384;

/**
 * A reader this far behind is cut off and resumes; without it one stopped reader would hold the
 * service's memory.
 */
export const readerBufferBytesMax = 4 * 1024 * 1024;

/**
 * How often a feed says that it lives. A reader that hears nothing for {@link silenceMsMax} dials
 * again.
 */
export const heartbeatMs = 1_000;
export const silenceMsMax = 5_000;

/** Waits between dials: short enough that a restart of the forker is not noticed on the page. */
export const redialMsMin = 100;
export const redialMsMax = 2_000;

/** One line of a feed: a snapshot of 5,000 children is some 4 MB. */
export const lineBytesMax = 64 * 1024 * 1024;

/** A control request that is not answered within this is reported as failed. */
export const controlTimeoutMs = 10_000;

/** The answer to one control request; the largest, `GET /v1/state`, is a snapshot. */
export const controlAnswerBytesMax = 64 * 1024 * 1024;

/** A body of the control socket; the longest holds a reason that a person typed. */
export const controlBodyBytesMax = 64 * 1024;

/** Of the reason of a drain, as users read it: two lines of a terminal. The audit has all of it. */
export const drainReasonCharactersMax = 160;

/**
 * The longest deadline of a drain: who is still there after a week has been forgotten by everybody.
 */
export const drainDeadlineSMax = 7 * 24 * 60 * 60;
