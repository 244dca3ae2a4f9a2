/** From a part's start to its readiness. The forker's own deadline for a zygote is shorter than this. */
export const partStartMsMax = 90_000;

/** A part that ends by itself this often within {@link restartWindowMs} is not started again: something is wrong for good. */
export const restartsMax = 5;
export const restartWindowMs = 60_000;

/** Waits before a restart, by how many came before it in the window. */
export const restartDelaysMs = [0, 250, 1_000, 2_000, 5_000];

/** A tool that `up` runs once (ssh-keygen, brz). */
export const toolMsMax = 60_000;

/** From SIGTERM to the end of a detached service, beyond its children timeout. */
export const stopMarginMs = 30_000;
