import type { LiveState } from './connection.ts';
import { staleAfterMs } from './limits.ts';

/**
 * What the page may claim about its data now. `ageMs` is the age of the data by the server's clock.
 */
export type Truth =
  | { readonly word: 'connecting' }
  | { readonly word: 'live'; readonly ageMs: number }
  | { readonly word: 'signed out' }
  /** Something blocks the stream; {@link LiveState.obstacle} names it. */
  | { readonly word: 'refused' }
  | { readonly word: 'reconnecting'; readonly ageMs: number }
  | { readonly word: 'stale'; readonly ageMs: number };

/**
 * Whether the page's numbers mean anything: the forker has sent them at least once. Until then they
 * are unknown, not zero.
 */
export function isKnown({ data, feed }: LiveState): boolean {
  return data !== null && (feed === null || feed.up || feed.neverHeard !== true);
}

/**
 * The truth at the instant `at` of this computer's clock. The data is as old as the weakest link:
 * ours to the server, or the server's to the forker.
 */
export function truthOf(state: LiveState, at: number): Truth {
  if (state.refusal !== null && state.phase.name !== 'open') return { word: 'signed out' };
  if (state.data === null || state.heardAt === null)
    return {
      word: state.obstacle !== null && state.phase.name !== 'open' ? 'refused' : 'connecting',
    };
  // The server keeps sending while the forker hangs; the forker's last message counts.
  const ageMs = Math.max(0, at - Math.min(state.heardAt, state.forkerHeardAt ?? state.heardAt));
  if (ageMs >= staleAfterMs) return { word: 'stale', ageMs };
  return { word: state.phase.name === 'open' ? 'live' : 'reconnecting', ageMs };
}
