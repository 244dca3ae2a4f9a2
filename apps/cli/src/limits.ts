/**
 * From a part's start to its readiness. The forker's own deadline for a zygote is shorter than
 * this.
 */
export const partStartMsMax = 90_000;

/**
 * Waits before a part that has failed is started again, by how often it failed in a row; the last
 * one holds for all that follow. The first are short, since clients wait for a gateway; the last is
 * what an operator who has mended something can wait for.
 */
export const restartDelaysMs = [0, 250, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000];

/** A part that has served for so long before it fails has not failed in a row. */
export const provenMs = 60_000;

/** How often a part that waits looks whether `hatchery start` asks for it. */
export const resumeLookMs = 250;

/**
 * Before the process that turns clients away is replaced, when it has died: it has nothing to fail
 * with.
 */
export const turnAwayAgainMs = 1_000;

/** A tool that `up` runs once (brz). */
export const toolMsMax = 60_000;

/** A whole start: keys and a sample branch at first use, then the parts. */
export const startMsMax = 300_000;

/** A restart says nothing for as long as its slowest part takes to start. */
export const restartMsMax = startMsMax + 10_000;

/**
 * What a part may take to stop beyond the children timeout, before it is killed: the ladders of
 * gateway and forker end sooner.
 */
export const partStopMarginMs = 20_000;

/** How often a part that must stop at once is told so. */
export const urgentRepeatMs = 200;

/**
 * From SIGTERM to the end of a detached service, beyond its children timeout. Longer than {@link
 * partStopMarginMs}.
 */
export const stopMarginMs = 30_000;

/** A keeper's first line names its sessions: 5,000 of them have less than half of this. */
export const keeperLineBytesMax = 8 * 1024 * 1024;

/** What a keeper may take to say what it keeps, and to end; it answers within milliseconds. */
export const keeperAnswerMsMax = 2_000;

/** How often `stop` looks who is still waited for. */
export const stopLookMs = 250;

/** A log of a detached service that is longer is put aside at its next start. */
export const logBytesMax = 64 * 1024 * 1024;

/** What a part says without an end of line is passed on all the same from here on. */
export const passedLineBytesMax = 256 * 1024;

/** Below this a push of some size fails in the middle. */
export const diskFreeBytesMin = 256 * 1024 * 1024;

/** A tool that `doctor` runs; importing all of Breezy took 2 s here with cold disks. */
export const examinationMsMax = 30_000;

/**
 * What an old part may take to answer: half a second more than one that waits for a blocked worker
 * process of its own.
 */
export const oldPartAnswerMsMax = 2_500;

/** How often the place of a part that has a successor is looked at. */
export const replacedLookMs = 250;

/** What systemctl may take to list sockets; it answers within a fraction of a second. */
export const socketLookMsMax = 5_000;

/**
 * A part tells its state within milliseconds, of 5,000 sessions within a second. One that says
 * nothing for so long hangs.
 */
export const readAnswerMsMax = 4_000;

/**
 * What a gateway may take to write an entry of the audit for somebody who must not wait; it does so
 * within milliseconds.
 */
export const auditAnswerMsMax = 2_000;

/** What a supervisor may take to say that it begins to stop. */
export const stopAnswerMsMax = 2_000;

/**
 * How long a command waits until the gateways follow a drain, which takes them milliseconds, and
 * how often it looks. One that has lost the feed of the fork service dials again four times a
 * second.
 */
export const followMsMax = 2_000;
export const followLookMs = 10;
