import { createContext, useContext } from 'react';
import type { Cell } from './cell.ts';
import type { LiveStore } from './live-store.ts';

/** What all views share: the live data, and the child a signal is being prepared for. */
export interface PageStore {
  readonly live: LiveStore;
  /** The id of the child the signal dialog is open for. */
  readonly signalling: Cell<string | null>;
}

export const PageStoreContext = createContext<PageStore | null>(null);

export function usePageStore(): PageStore {
  const store = useContext(PageStoreContext);
  if (store === null) throw new TypeError('a view is rendered outside of PageStoreContext');
  return store;
}
