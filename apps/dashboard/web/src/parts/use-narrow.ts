import { useSyncExternalStore } from 'react';

/** Where tables become cards; the same width stands in the style sheets. */
const query = window.matchMedia('(max-width: 800px)');

function subscribe(changed: () => void): () => void {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** Whether the screen is narrow. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
