/** Rounds of usage a second: above this the eye gains nothing and the browser's main thread loses. */
export const usageHz = 4;

/** How often a browser is told that the stream lives. The page calls data stale after five missed ones. */
export const heartbeatMs = 1_000;

/** Events kept for browsers that resume: at 50 a second, two minutes of a closed lid. About 0.5 kB each. */
export const eventsKeptMax = 8_192;

/** More than this queued for one browser, and it gets no usage until it has read on; what it misses is merged. */
export const usageHeldAboveBytes = 256 * 1024;

/** More than this queued for one browser on top of its snapshot, and it is closed with 4008; it dials again and resumes. */
export const clientBufferBytesMax = 1024 * 1024;

/** A browser that stays above {@link usageHeldAboveBytes} for this long is closed as well. */
export const clientLagMsMax = 10_000;

/** A browser gets what it missed at most this often, as a snapshot of many children takes a while to write. */
export const catchUpMsMin = 1_000;

/** Pages open at once, over all users; each costs a few kB and a share of every write. */
export const liveClientsMax = 200;

/** What a browser says is one position, some 100 bytes; this is what the frame parser may buffer. */
export const livePayloadBytesMax = 64 * 1024;

/** A ping that is not answered before the next one means that the browser is gone without a word. */
export const pingMs = 15_000;

/** The largest body is a signal with its reason. */
export const bodyBytesMax = 16 * 1024;

/** A reason is read in an audit log: a sentence, not an attachment. */
export const reasonCharactersMax = 500;

/** Connections of all kinds at once, so that a flood of idle ones does not take every descriptor. */
export const connectionsMax = 1_000;

/** A head that takes longer than this, or a whole request that does, is no browser of an operator. */
export const headersTimeoutMs = 5_000;
export const requestTimeoutMs = 15_000;

/** One shift; after it the link that `up` printed signs in again. */
export const sessionMsMax = 12 * 60 * 60 * 1_000;

/** Signed-in browsers remembered; the oldest is forgotten first. */
export const sessionsMax = 1_000;

/** All files of the built page are kept in memory; a page above this was built wrong. */
export const pageBytesMax = 16 * 1024 * 1024;

/** How long `stop` waits for answers under way before it closes their connections. */
export const drainMsMax = 2_000;
