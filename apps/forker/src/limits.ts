/** A keeper is a bare Python process; one that is not up by then never will be. */
export const keeperStartMsMax = 10_000;

/**
 * How often the keeper is looked at, and after how many looks in vain no session is promised any
 * more. It answers within milliseconds; a machine so loaded that it does not in five seconds starts
 * no session in time either.
 */
export const keeperLookMs = 1_000;
export const keeperLooksMax = 5;

/** How long a keeper that is left or told to quit has for that; it only closes a socket. */
export const keeperCloseMsMax = 5_000;

/**
 * How soon a keeper that could not be started is tried again: after each failure twice as late, up
 * to a minute.
 */
export const keeperRetryMs = 1_000;
export const keeperRetryMsMax = 60_000;

/**
 * A cold zygote took 0.1–2 s here; with cold disks and many plugins some seconds. A start that
 * takes longer has failed.
 */
export const zygoteStartMsMax = 60_000;

/** Two dozen real clients, one after the other: 6 s on two cores. */
export const recordingMsMax = 60_000;

/**
 * From the request to try another zygote to its outcome. The keeper's own deadline for a zygote is
 * shorter.
 */
export const zygoteTrialMsMax = zygoteStartMsMax + 5_000;

/** From the request to hand over to the predecessor's consent, which comes with the new zygote. */
export const handOverAnswerMsMax = zygoteTrialMsMax + 5_000;

/**
 * A forker that hands over is told by its successor that it serves, or that it has died; how often
 * it looks.
 */
export const successionLookMs = 20;

/**
 * How long a successor waits for the directories of its predecessor, whose last requests come to
 * their children first.
 */
export const successionWaitMsMax = 30_000;

/**
 * How long the exit of a child is asked of a successor that does not answer; then it counts as
 * unknown.
 */
export const relayRetryForMs = 60_000;
export const relayRetryEveryMs = 200;

/**
 * How often the files that a zygote loads are looked at. An upgrade is found after two of these.
 */
export const fingerprintPollMs = 2_000;

/** From a fork request to the child's first word. Covers the start of a new zygote under it. */
export const forkMsMax = 15_000;

/** Clients that may wait for a verdict on their connection; the kernel refuses more. */
export const listenBacklog = 511;

/**
 * How long a stop waits for what it has killed in the control group of the sessions, and how often
 * it looks.
 */
export const cgroupEmptyMsMax = 2_000;
export const cgroupLookMs = 10;

/**
 * Clients of the fork protocol that have not sent their request yet, or wait for a place. Above it
 * the longest silent gives way.
 */
export const silentClientsMax = 1_024;

/** Steps of the shutdown ladder (docs/reference/fork-protocol.md#stopping). */
export const interruptGraceMs = 1_000;
export const killGraceMs = 1_000;

/**
 * What is kept of a child's own log: a traceback of some depth. Of all children together some 4 MB
 * at most.
 */
export const childLogLinesMax = 50;
export const childLogCharactersMax = 4_096;
export const childLogsMax = 1_000;

/** How long an exit that nobody has heard waits for an `attach`, and how many do. */
export const exitKeptMs = 60_000;
export const exitsKeptMax = 10_000;

/**
 * Forks that the keeper is asked for at a time. It does one after the other (4 ms); the rest waits
 * here, where it can be counted, refused, and given to another keeper.
 */
export const forksAtOnceMax = 32;

/**
 * How often a requester that sends no more is looked at while it waits for its turn: it may have
 * left since.
 */
export const leaveLookMs = 100;

/** Requests that wait for a place. At the 4 ms of a fork the last one waits a second. */
export const waitingRequestsMax = 256;

/**
 * How long a request waits for one of all children to end. Short, for while more is asked for than
 * there is, everybody who is let in waits this long; and whoever expects to wait longer than half
 * of it is refused at once.
 */
export const fullWaitMsMax = 1_000;
export const fullExpectedWaitMsMax = fullWaitMsMax / 2;

/**
 * Endings of this last while tell how soon a place comes free; of a busy service the last few are
 * enough.
 */
export const turnoverWindowMs = 10_000;
export const turnoverEndingsMax = 64;

/** Keepers that may die over one request before it is refused: it may be what kills them. */
export const keepersPerRequestMax = 2;

/** How often what has expired in the runtime directory is collected. */
export const collectIntervalMs = 600_000;

/**
 * How long after its child's connect timeout a pipe directory counts as garbage: clocks are set
 * back and forth.
 */
export const staleMarginS = 3_600;

/**
 * Of a command, a user's name or an address that a request names, in logs and events: as much as
 * the gateway shows.
 */
export const shownCharactersMax = 200;

/** How long refusals are counted before they are logged together. */
export const refusalLogMs = 1_000;

/** How often each child is sampled, unless that costs too much. */
export const sampleIntervalMs = 1_000;

/**
 * A round of samples is taken in steps: many short ones, so that no request waits for a long one.
 */
export const sampleStepMs = 100;

/**
 * What sampling may take of a core, whatever the number of children. A round that needs more takes
 * longer.
 */
export const sampleShareMax = 0.035;

/**
 * `smaps_rollup` walks all pages of a process (0.5 ms of a child here), so about this many are read
 * in one round, in turn.
 */
export const memorySamplesPerRoundMax = 30;

/** How often a child whose keeper died is looked for: nobody can wait for it any more. */
export const orphanPollMs = 200;

/**
 * What it may take to find out who has asked for a stop; a bare Python takes 20 ms. The stop waits
 * for it.
 */
export const peerLookMsMax = 2_000;

/** One line from the keeper. */
export const keeperLineBytesMax = 16 * 1024 * 1024;

/**
 * A text that a child has sent; the keeper has cut it to a fourth of this, and what it says itself
 * is shorter.
 */
export const reportTextCharactersMax = 65_536;

/**
 * How often it is looked at what memory each user's sessions have: a read of some 10 µs a session.
 * One that grows faster meets its own limit.
 */
export const memoryLookMs = 250;

/**
 * Ended children whose cause is kept for the gateway, which asks within milliseconds of the end.
 */
export const endingsKeptMax = 1_000;

/**
 * What a killed session left is collected when nothing in it has changed for so long: a client that
 * reconnects has done so by then.
 */
export const leftoverMsMin = 60 * 60 * 1000;

/** The same when an operator asks, who needs room now: longer than any pause in writing a pack. */
export const leftoverAskedMsMin = 2 * 60 * 1000;

/** From the start to the first look for leftovers, and from one look to the next. */
export const leftoverFirstMs = 60 * 1000;
export const leftoverPauseMs = 60 * 60 * 1000;
