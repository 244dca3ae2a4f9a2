/** How long an entry is kept: a quarter, so that a question about last month has an answer. */
export const auditDaysKept = 90;

/** What all of it may take: some three million entries. The oldest hours go first. */
export const auditBytesMax = 1024 * 1024 * 1024;

/**
 * One part's file of an hour: 200 entries a second all through it. Above this they are counted,
 * lest one part fill the disk; a reader takes in such a file whole.
 */
export const auditHourBytesMax = 256 * 1024 * 1024;

/**
 * Refusals that are kept of a minute; a scanner's are all alike, and must not push the others out.
 * What is above is counted.
 */
export const refusalsPerMinuteMax = 100;

/**
 * How long an entry may wait for the disk: a killed service loses nothing, a power cut this much.
 */
export const auditSyncMs = 1_000;
