import { Cell } from '../store/cell.ts';
import { formatAddress, parseAddress, type PageAddress } from './address.ts';

/** The address as it stands; follows Back and Forward. */
export const address = new Cell<PageAddress>(read());

window.addEventListener('popstate', () => address.set(read()));

/** Narrows the picture: a filter or an order is not worth a step of Back. */
export function adjustAddress(change: Partial<Pick<PageAddress, 'filter' | 'sort'>>): void {
  const next = { ...address.get(), ...change };
  history.replaceState(null, '', formatAddress(next));
  address.set(next);
}

/** Opens the details of a child, or closes them; Back returns. */
export function visitChild(childId: string | null): void {
  const next = { ...address.get(), childId };
  history.pushState(null, '', formatAddress(next));
  address.set(next);
}

function read(): PageAddress {
  return parseAddress(location.pathname, location.search);
}
