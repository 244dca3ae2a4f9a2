import type { Identity } from './authentication.ts';

/** What a session needs to know of its connection. */
export interface SignedInConnection {
  readonly identity: Identity;
  /** As {@link describePeer} writes it. */
  readonly peer: string;
  /** Of the same monotonic clock, as is `signedInAtMs`. */
  readonly acceptedAtMs: number;
  readonly signedInAtMs: number;
  /** True for the first caller alone. */
  readonly takeFirst: () => boolean;
}

/** What is known of a connection from its sign-in on. */
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
