import { createContext, useContext } from 'react';
import type { Cell } from './cell.ts';
import type { LiveStore } from './live-store.ts';

/** The action a dialog is open for. */
export type Acting =
  | { readonly verb: 'signal'; readonly childId: string }
  | { readonly verb: 'break'; readonly lockId: string }
  | { readonly verb: 'drain'; readonly draining: boolean };

/** What all views share: the live data, and the action the user is about to take. */
export interface PageStore {
  readonly live: LiveStore;
  readonly acting: Cell<Acting | null>;
  readonly paletteOpen: Cell<boolean>;
  /** Ids of the listed children, and the one that J and K stand on. */
  readonly shownIds: Cell<readonly string[]>;
  readonly cursor: Cell<string | null>;
}

export const PageStoreContext = createContext<PageStore | null>(null);

export function usePageStore(): PageStore {
  const store = useContext(PageStoreContext);
  if (store === null) throw new TypeError('a view is rendered outside of PageStoreContext');
  return store;
}
