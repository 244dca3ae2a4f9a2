/**
 * Between two samples: the pool of children is full again, and processes of the last sample have
 * ended.
 */
export const settleMs = 150;

/**
 * From the start of a session to its first reply. A cold brz among twenty took 5 s on two busy
 * cores.
 */
export const firstReplyMsMax = 60_000;

/** From the end of its input to the end of a session. */
export const sessionEndMsMax = 30_000;

/** How much of a session's stderr an error shows; the rest is read and dropped. */
export const stderrCharactersMax = 2_000;

/** One run of brz, ssh-keygen and the like. */
export const toolMsMax = 120_000;

/** From the start of our side to its readiness: a first use makes keys and a sample branch. */
export const serviceStartMsMax = 120_000;

/** From the start of sshd to its first answer. */
export const sshdStartMsMax = 10_000;
export const sshdPollMs = 50;

/** The escalation when a service is stopped: asked, asked again, killed. */
export const stopUrgentlyAfterMs = 5_000;
export const killAfterMs = 15_000;

/** With fewer values, a 99th percentile is only the largest. */
export const p99SamplesMin = 100;

/**
 * From a kill to the first reply after it: a supervisor that waits before it restarts, and a cold
 * start.
 */
export const recoveryMsMax = 30_000;

/** How often a client retries while no service answers. */
export const redialEveryMs = 5;

/** What is promised of a drain: so soon after the order every gateway refuses new sessions. */
export const drainMsMax = 50;

/** When a gateway is not waited for any more. */
export const followMsMax = 30_000;
