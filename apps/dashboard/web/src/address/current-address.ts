import { Cell } from '../store/cell.ts';
import { fromRoot, pathBelowRoot } from './root.ts';
import { formatAddress, parseAddress, type PageAddress, type PageName } from './address.ts';

/** The current address; follows Back and Forward. */
export const address = new Cell<PageAddress>(read());

window.addEventListener('popstate', () => address.set(read()));

/**
 * Changes a filter or the order. Replaces the history entry: such a change is not worth a step of
 * Back.
 */
export function adjustAddress(
  change: Partial<Omit<PageAddress, 'page' | 'childId' | 'lockId'>>,
): void {
  const next = { ...address.get(), ...change };
  history.replaceState(null, '', fromRoot(formatAddress(next)));
  address.set(next);
}

/** Opens the details of a child or lock, or closes them; Back returns. */
export function visit(target: { readonly childId?: string; readonly lockId?: string }): void {
  go({ ...address.get(), page: 'live', childId: null, lockId: null, ...target });
}

/** Goes to another page with these filters. */
export function visitPage(page: PageName, past: PageAddress['past'] = {}): void {
  go({ ...parseAddress('/', ''), page, past });
}

/** The target of such a link, for the browser to show and to open in a new tab. */
export function addressOf(change: Partial<PageAddress>): string {
  return fromRoot(formatAddress({ ...parseAddress('/', ''), ...change }));
}

function go(next: PageAddress): void {
  const text = formatAddress(next);
  if (text === formatAddress(address.get())) return;
  history.pushState(null, '', fromRoot(text));
  address.set(next);
}

function read(): PageAddress {
  return parseAddress(pathBelowRoot(), location.search);
}
