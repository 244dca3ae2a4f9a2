import { useSyncExternalStore } from 'react';

/** The width at which tables become cards; the style sheets use the same width. */
const query = window.matchMedia('(max-width: 800px)');

function subscribe(changed: () => void): () => void {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** Whether the screen is narrow. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
