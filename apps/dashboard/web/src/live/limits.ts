/**
 * The server sends a heartbeat every second; after this much silence the data on screen counts as
 * stale.
 */
export const staleAfterMs = 5_000;

/**
 * After a wake-up, a connection that was silent for this long, or stays silent this long, is given
 * up.
 */
export const wakeSilenceMs = 2_000;

/** A connection attempt that takes longer is given up. */
export const dialTimeoutMs = 5_000;

/**
 * Waits between attempts double from the first to the last. Jitter keeps many pages from returning
 * at once.
 */
export const redialMsMin = 250;
export const redialMsMax = 10_000;

/** The page asks again for a lost message at most this often; the server answers no faster. */
export const askAgainMs = 1_000;

/** How often the page updates ages and checks the connection. */
export const tickMs = 500;

/**
 * Samples drawn in a sparkline: a few seconds at 4 Hz, two thirds of a minute at the forker's 1 Hz.
 */
export const trendPointsMax = 40;
