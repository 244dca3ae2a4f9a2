import { Cell } from '../store/cell.ts';
import { fromRoot, pathBelowRoot } from './root.ts';
import { formatAddress, parseAddress, type PageAddress, type PageName } from './address.ts';

/** The address as it stands; follows Back and Forward. */
export const address = new Cell<PageAddress>(read());

window.addEventListener('popstate', () => address.set(read()));

/** Narrows the picture: a filter or an order is not worth a step of Back. */
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

/** Goes to another page, narrowed as said. */
export function visitPage(page: PageName, past: PageAddress['past'] = {}): void {
  go({ ...parseAddress('/', ''), page, past });
}

/** Where such a link leads, for the browser to show and to open elsewhere. */
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
