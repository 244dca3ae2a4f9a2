/**
 * What a log holds back while it cannot be written: some thousand lines. What comes then is lost,
 * and counted.
 */
export const logBytesWaitingMax = 1024 * 1024;

/** One write(2) of a log that has been held back. */
export const logWriteBytesMax = 64 * 1024;

/** How soon a log is tried again whose reader is slow, and one that cannot be written. */
export const logBusyRetryMs = 50;
export const logFailedRetryMs = 1_000;

/** What a process that ends waits for the reader of its log. */
export const logFlushMsMax = 500;

/**
 * Connections that wait for accept(2) while nobody serves: those of some seconds of a busy host.
 * The kernel takes no more than net.core.somaxconn (4096 by default); who comes then waits as well,
 * for the client's kernel asks again.
 */
export const queuedConnectionsMax = 4096;

/** How soon the short name of a runtime directory is made anew that somebody has cleaned away. */
export const runtimeLinkLookMs = 1_000;
