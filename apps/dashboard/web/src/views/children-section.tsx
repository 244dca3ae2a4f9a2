import { useMemo, type ReactNode } from 'react';
import { address, adjustAddress } from '../address/current-address.ts';
import { ordered } from '../store/order.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildrenTable } from './children-table.tsx';
import { NoChildren } from './no-children.tsx';

/** Rows drawn at once: more would cost the main thread more than a person can read. Filtering reaches all of them. */
const rowsMax = 200;

/** The live children: filter, count and table. */
export function ChildrenSection(): ReactNode {
  const { live } = usePageStore();
  const { filter, sort } = useCell(address);
  const listing = useCell(live.listing);
  const shown = useMemo(() => ordered(listing, filter, sort).map((row) => row.child.id), [listing, filter, sort]);
  return (
    <section aria-labelledby="children-heading">
      <div className="section-head">
        <h2 id="children-heading">Children</h2>
        <span className="section-note">{countText(shown.length, listing.length)}</span>
        <label className="filter">
          <span>Filter</span>
          <input
            type="search"
            value={filter}
            placeholder="user, pid, command, peer"
            onChange={(event) => adjustAddress({ filter: event.target.value })}
          />
        </label>
      </div>
      <ChildrenTable ids={shown.slice(0, rowsMax)} sort={sort} />
      {shown.length === 0 && <NoChildren filter={filter} total={listing.length} />}
    </section>
  );
}

function countText(shown: number, total: number): string {
  if (shown > rowsMax) return `showing ${rowsMax} of ${shown.toLocaleString('en')}; filter to narrow`;
  return shown === total
    ? total.toLocaleString('en')
    : `${shown.toLocaleString('en')} of ${total.toLocaleString('en')}`;
}
