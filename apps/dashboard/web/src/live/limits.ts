/**
 * The server says once a second that it lives; after this much silence what is on screen counts as
 * stale.
 */
export const staleAfterMs = 5_000;

/**
 * A connection that was not heard for this long when the computer wakes up, or from then on, is not
 * waited for.
 */
export const wakeSilenceMs = 2_000;

/** An attempt to connect that takes longer than this is given up. */
export const dialTimeoutMs = 5_000;

/**
 * Waits between attempts double from the first to the last, with jitter, so that many pages do not
 * come back at once.
 */
export const redialMsMin = 250;
export const redialMsMax = 10_000;

/** A lost message is asked for again at most this often; the server answers no faster. */
export const askAgainMs = 1_000;

/** How often ages and the connection are looked at. */
export const tickMs = 500;

/**
 * Samples drawn in a sparkline: at 4 Hz at most some seconds, at the forker's 1 Hz two thirds of a
 * minute.
 */
export const trendPointsMax = 40;
