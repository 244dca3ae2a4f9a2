/** A keeper is a bare Python process; one that is not up by then never will be. */
export const keeperStartMsMax = 10_000;

/** How soon a keeper that could not be started is tried again. */
export const keeperRetryMs = 1_000;

/** A cold zygote took 0.1–2 s here; with cold disks and many plugins some seconds. A start that takes longer has failed. */
export const zygoteStartMsMax = 60_000;

/** How often the files that a zygote loads are looked at. An upgrade is found after two of these. */
export const fingerprintPollMs = 2_000;

/** From a fork request to the child's first word. Covers the start of a new zygote under it. */
export const forkMsMax = 15_000;

/** Clients that may wait for a verdict on their connection; the kernel refuses more. */
export const listenBacklog = 511;

/** Steps of the shutdown ladder (protocol-v1, "Stopping"). */
export const interruptGraceMs = 1_000;
export const killGraceMs = 1_000;

/** How long an exit that nobody has heard waits for an `attach`. */
export const exitKeptMs = 60_000;

/** A body of the control socket; the longest holds a reason that a person typed. */
export const controlBodyBytesMax = 64 * 1024;

/** How often live use is sampled. */
export const sampleIntervalMs = 1_000;

/** `smaps_rollup` walks all pages of a process (0.1–0.3 ms here), so at most this many are read in one tick, in turn. */
export const memorySamplesPerTickMax = 50;

/** How often a child whose keeper died is looked for: nobody can wait for it any more. */
export const orphanPollMs = 200;

/** One line from the keeper. */
export const keeperLineBytesMax = 16 * 1024 * 1024;
