/**
 * Events of one segment, and its size: what a rotation throws away at a time. An event has some 0.5
 * kB.
 */
export const segmentEventsMax = 8_192;
export const segmentBytesMax = 16 * 1024 * 1024;

/**
 * Segments that are kept: two full ones are what a reader can resume from, and 48 MB bound the disk
 * they take.
 */
export const segmentsKeptMax = 3;

/**
 * How long what was written may wait for the disk. A killed service loses nothing of it; a power
 * cut loses this.
 */
export const syncMs = 1_000;

/** How often a log that could not be written is tried again. */
export const retryMs = 1_000;

/**
 * Events that wait for a disk that takes no more: some 8 MB. What comes on top is missing in the
 * log, and counted.
 */
export const unwrittenEventsMax = 16_384;
