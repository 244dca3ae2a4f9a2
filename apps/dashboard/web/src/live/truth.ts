import type { LiveState } from './connection.ts';
import { staleAfterMs } from './limits.ts';

/** What the page may claim about its data at this moment. `ageMs` is the age of the data by the server's clock. */
export type Truth =
  | { readonly word: 'connecting' }
  | { readonly word: 'live'; readonly ageMs: number }
  | { readonly word: 'signed out' }
  | { readonly word: 'reconnecting'; readonly ageMs: number }
  | { readonly word: 'stale'; readonly ageMs: number };

/** The truth at the instant `at` of this computer's clock. Data is as old as the weakest link: ours, or the server's to the forker. */
export function truthOf(state: LiveState, at: number): Truth {
  if (state.refusal !== null && state.phase.name !== 'open') return { word: 'signed out' };
  if (state.data === null || state.heardAt === null) return { word: 'connecting' };
  // Of a forker that hangs the server goes on to tell; its last word is what counts.
  const ageMs = Math.max(0, at - Math.min(state.heardAt, state.forkerHeardAt ?? state.heardAt));
  if (ageMs >= staleAfterMs) return { word: 'stale', ageMs };
  return { word: state.phase.name === 'open' ? 'live' : 'reconnecting', ageMs };
}
