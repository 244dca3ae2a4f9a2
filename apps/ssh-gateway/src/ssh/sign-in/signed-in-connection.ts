import type { Identity } from './authentication.ts';

/** The facts about its connection that a session needs. */
export interface SignedInConnection {
  readonly identity: Identity;
  /** In the format of {@link describePeer}. */
  readonly peer: string;
  /** From the same monotonic clock as `signedInAtMs`. */
  readonly acceptedAtMs: number;
  readonly signedInAtMs: number;
  /** True only for the first caller. */
  readonly takeFirst: () => boolean;
}

/** The facts about a connection from its sign-in on. */
export function signInConnection(
  identity: Identity,
  peer: string,
  acceptedAtMs: number,
  signedInAtMs: number,
): SignedInConnection {
  let isFirst = true;
  const takeFirst = (): boolean => {
    const wasFirst = isFirst;
    isFirst = false;
    return wasFirst;
  };
  return { identity, peer, acceptedAtMs, signedInAtMs, takeFirst };
}
