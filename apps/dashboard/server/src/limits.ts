/**
 * Rounds of usage a second: above this the eye gains nothing and the browser's main thread loses.
 */
export const usageHz = 4;

/**
 * How often a browser is told that the stream lives. The page calls data stale after five missed
 * ones.
 */
export const heartbeatMs = 1_000;

/** A forker or gateway takes a second to be replaced by its supervisor; after this it is away. */
export const feedAwayMsMax = 5_000;

/**
 * Events kept for browsers that resume: at 50 a second, two minutes of a closed lid. About 0.5 kB
 * each.
 */
export const eventsKeptMax = 8_192;

/**
 * More than this queued for one browser, and it gets no usage until it has read on; what it misses
 * is merged.
 */
export const usageHeldAboveBytes = 256 * 1024;

/**
 * More than this queued for one browser on top of its snapshot, and it is closed with 4008; it
 * dials again and resumes.
 */
export const clientBufferBytesMax = 1024 * 1024;

/** A browser that stays above {@link usageHeldAboveBytes} for this long is closed as well. */
export const clientLagMsMax = 10_000;

/**
 * A browser gets what it missed at most this often, as a snapshot of many children takes a while to
 * write.
 */
export const catchUpMsMin = 1_000;

/** A snapshot is written anew after this; until then it is sent with what happened since. */
export const snapshotSharedMsMax = 2_000;

/** Pages open at once, over all users; each costs a few kB and a share of every write. */
export const liveClientsMax = 200;

/** Pages of one user: whoever leaves tabs open everywhere leaves two thirds to the others. */
export const liveClientsPerUserMax = 64;

/**
 * Requests of one user: a page asks some 20 at its load and one a second after it; a script that
 * asks more is told to wait.
 */
export const requestsAtOnceMax = 200;
export const requestsPerSecondMax = 20;

/**
 * What a browser says is one position, some 100 bytes; this is what the frame parser may buffer.
 * Each byte may come as a fragment of its own.
 */
export const livePayloadBytesMax = 4 * 1024;

/**
 * A ping that is not answered before the next one means that the browser is gone without a word.
 */
export const pingMs = 15_000;

/** The largest body is a signal with its reason. */
export const bodyBytesMax = 16 * 1024;

/** A reason is read in an audit log: a sentence, not an attachment. */
export const reasonCharactersMax = 500;

/**
 * Connections of all kinds at once, so that a flood of idle ones does not take every descriptor.
 */
export const connectionsMax = 1_000;

/**
 * Of one address: twice the pages that may be open at once, since all of them may come through one
 * proxy.
 */
export const connectionsPerPeerMax = 400;

/**
 * A head that takes longer than this, or a whole request that does, is no browser of an operator.
 */
export const headersTimeoutMs = 5_000;
export const requestTimeoutMs = 15_000;

/**
 * A fork service that does not tell its load by then is too busy to; a scrape of Prometheus waits
 * ten seconds by default.
 */
export const loadMsMax = 2_000;

/**
 * How long somebody may take to type a password and find the second factor at an OpenID provider.
 */
export const signInMsMax = 10 * 60 * 1_000;

/**
 * Sign-ins that may wait for the provider at once, so that a slow one and many strangers do not
 * take the page's connections.
 */
export const providerAsksMax = 32;

/** An OpenID provider that takes longer is away, for the person who waits and for a re-check. */
export const providerTimeoutMs = 5_000;

/** A name of a user or group; longer ones are no names, and would fill the audit. */
export const nameCharactersMax = 200;

/**
 * Groups of one person that are looked at; a directory with more of them has a filter for the
 * claim.
 */
export const groupsMax = 500;

/** Signed-in browsers remembered; the oldest is forgotten first. */
export const sessionsMax = 1_000;

/**
 * The cookie outlives its session by this, so that whoever comes back too late is told so and not
 * taken for a stranger.
 */
export const overToldMs = 24 * 60 * 60 * 1_000;

/**
 * A used link is remembered this much beyond its end: a clock that is set back must not make it
 * good again.
 */
export const usedLinkKeptMs = 7 * 24 * 60 * 60 * 1_000;

/**
 * A successor shares the file of the sign-ins for a moment, and writes a row; longer waits would
 * hold up every page.
 */
export const storeBusyMsMax = 250;

/** All files of the built page are kept in memory; a page above this was built wrong. */
export const pageBytesMax = 16 * 1024 * 1024;

/** How long `stop` waits for answers under way before it closes their connections. */
export const drainMsMax = 2_000;

/**
 * Use of a child is kept as one record a stretch: short enough for a chart of a push, long enough
 * for a month of them.
 */
export const usageStretchMsMin = 10_000;

/**
 * Each child makes all stretches longer by this: 5,000 children write 50 records a second, as 500
 * do.
 */
export const usageStretchMsPerChild = 20;

/** Charts of single sessions are looked at on the same day. */
export const usageKeptMs = 2 * 24 * 60 * 60 * 1_000;

/** A month: "was it like this before the upgrade?" */
export const sessionsKeptMs = 30 * 24 * 60 * 60 * 1_000;

/** A year: the audit is asked for long after the deed, and is small. */
export const auditKeptMs = 366 * 24 * 60 * 60 * 1_000;

/** The file of the history never grows above this; some 1,000,000 sessions. */
export const historyBytesMax = 512 * 1024 * 1024;

/** Above this share of {@link historyBytesMax} the oldest goes before its time. */
export const historyFillMax = 0.8;

/** How often old records are looked for. */
export const historyPruneMs = 60_000;

/** Events wait this long for others to be written with: what a crash of the dashboard may lose. */
export const historyBatchMs = 500;

/** Records written in one transaction, some 20 ms of a slow disk. */
export const historyBatchRecordsMax = 2_000;

/** Records that wait for a disk that is slow or full: about 20 MB, minutes of a busy day. */
export const historyQueueMax = 50_000;

/** A disk that is full stays so for a while. */
export const historyRetryMs = 2_000;

/** A question that takes longer is told to ask for less. */
export const historyAnswerMsMax = 10_000;

/** Questions under way at once; they run one after the other. */
export const historyQueriesMax = 32;

/**
 * How long an action waits for its intent to be in the history; then the forker's event log has to
 * do.
 */
export const auditWriteMsMax = 1_500;

/** An intent that comes back over the feed within this is the one that was written here. */
export const ownIntentMsMax = 30_000;

/** Lines of the percentiles by user and by branch. */
export const spreadRowsMax = 100;

/**
 * Entries of the audit that one answer looks through, some 60 MB of text and half a second; the
 * next answer goes on from there.
 */
export const auditEntriesReadMax = 200_000;

/**
 * Rows of one page of history or audit, and of one export; an export of more says so in its last
 * line.
 */
export const rowsPerPageMax = 200;
export const exportRowsMax = 100_000;

/**
 * Of those whom the gateway turned away; a scanner makes thousands, which say no more than these
 * and their number.
 */
export const refusalsToldMax = 100;

/** Points of a chart, bars and marks of the timeline: more than a screen is wide says nothing. */
export const usagePointsMax = 400;
export const timelineSessionsMax = 60;
export const timelineMarksMax = 200;

/** Stretches of the timeline in which the refused are counted. */
export const timelineRefusalsMax = 60;

/**
 * Next to no use of CPU, no reading and no writing for this long while holding a lock is called
 * stuck.
 */
export const stuckAfterMs = 5 * 60 * 1_000;

/**
 * Of one core, over all of {@link stuckAfterMs}: an idle brz was measured at a tick of 10 ms in 150
 * s, 0.007 %.
 */
export const stuckCpuShareMax = 0.001;
