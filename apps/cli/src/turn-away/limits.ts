import type { HttpGuard } from '@hatchery/daemon';

/** From our word to the end of a client that does not close: it has read a line long before. */
export const turnAwayLingerMs = 2_000;

/**
 * Nobody needs more than one connection to be told something. Above a cap the oldest gives way, so
 * that whoever comes is told, and this process stays small whatever is done to it.
 */
export const turnAwayGuard: HttpGuard = {
  perPeerMax: 16,
  allMax: 256,
  // A browser or a health check writes its request in one go.
  headersTimeoutMs: 2_000,
  requestTimeoutMs: 2_000,
};
