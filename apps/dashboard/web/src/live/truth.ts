import type { LiveState } from './connection.ts';
import { staleAfterMs } from './limits.ts';

/**
 * What the page may claim about its data at this moment. `ageMs` is the age of the data by the
 * server's clock.
 */
export type Truth =
  | { readonly word: 'connecting' }
  | { readonly word: 'live'; readonly ageMs: number }
  | { readonly word: 'signed out' }
  /** Something stands between this page and the stream; {@link LiveState.obstacle} says what. */
  | { readonly word: 'refused' }
  | { readonly word: 'reconnecting'; readonly ageMs: number }
  | { readonly word: 'stale'; readonly ageMs: number };

/**
 * Whether the numbers of the page mean anything: the forker has told them, at some time. Until then
 * they are unknown, not zero.
 */
export function isKnown({ data, feed }: LiveState): boolean {
  return data !== null && (feed === null || feed.up || feed.neverHeard !== true);
}

/**
 * The truth at the instant `at` of this computer's clock. Data is as old as the weakest link: ours,
 * or the server's to the forker.
 */
export function truthOf(state: LiveState, at: number): Truth {
  if (state.refusal !== null && state.phase.name !== 'open') return { word: 'signed out' };
  if (state.data === null || state.heardAt === null)
    return {
      word: state.obstacle !== null && state.phase.name !== 'open' ? 'refused' : 'connecting',
    };
  // Of a forker that hangs the server goes on to tell; its last word is what counts.
  const ageMs = Math.max(0, at - Math.min(state.heardAt, state.forkerHeardAt ?? state.heardAt));
  if (ageMs >= staleAfterMs) return { word: 'stale', ageMs };
  return { word: state.phase.name === 'open' ? 'live' : 'reconnecting', ageMs };
}
