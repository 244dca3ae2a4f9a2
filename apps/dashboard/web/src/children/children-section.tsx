import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { address, adjustAddress } from '../address/current-address.ts';
import { isKnown } from '../live/truth.ts';
import { count, unknown } from '../parts/quantity.ts';
import { childrenViews, isInView, parseFilter, type ChildrenView } from '../store/filter.ts';
import { heldOrder, ordered } from '../store/order.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildrenTable } from './children-table.tsx';
import { EndedTable } from './ended-table.tsx';
import { NoChildren } from './no-children.tsx';

const names: Readonly<Record<ChildrenView, string>> = {
  all: 'All',
  running: 'Running',
  waiting: 'Waiting',
  holding: 'Holding locks',
  stuck: 'Stuck',
  ended: 'Recently ended',
};

/** The section of children: filter, counts and table. */
export function ChildrenSection(): ReactNode {
  const { live, shownIds } = usePageStore();
  const { filter, sort, view } = useCell(address);
  const listing = useCell(live.listing);
  const known = useCell(live.live, isKnown);
  const [held, setHeld] = useState(false);
  const wanted = useMemo(() => {
    const test = parseFilter(filter);
    const now = live.serverNow.get();
    const rows = listing.filter((row) => isInView(row, view) && test(row, now));
    return ordered(rows, sort).map((row) => row.child.id);
  }, [listing, filter, sort, view, live]);
  const shown = useHeldOrder(wanted, held, `${filter} ${sort.key} ${sort.descending} ${view}`);
  useEffect(() => shownIds.set(shown), [shown, shownIds]);
  return (
    <section aria-labelledby="children-heading">
      <div className="section-head">
        <h2 id="children-heading">Children</h2>
        <span className="section-note">
          {view === 'ended'
            ? 'the last 200 that ended'
            : !known
              ? unknown
              : shown.length === listing.length
                ? count(shown.length)
                : `showing ${count(shown.length)} of ${count(listing.length)}`}
        </span>
        <Views view={view} />
        <label className="filter">
          <span>Filter</span>
          <input
            type="search"
            id="filter"
            value={filter}
            placeholder="anna  user:bo  cpu>50  age>5m"
            onChange={(event) => adjustAddress({ filter: event.target.value })}
          />
        </label>
      </div>
      {view === 'ended' ? (
        <EndedTable filter={filter} />
      ) : (
        <ChildrenTable ids={shown} sort={sort} hold={setHeld} />
      )}
      {view !== 'ended' && shown.length === 0 && (
        <NoChildren filtered={filter !== '' || view !== 'all'} total={listing.length} />
      )}
    </section>
  );
}

function Views({ view }: { readonly view: ChildrenView }): ReactNode {
  return (
    <div className="switch" role="group" aria-label="Show">
      {childrenViews.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === view}
          onClick={() => adjustAddress({ view: each })}
        >
          {names[each]}
        </button>
      ))}
    </div>
  );
}

/**
 * The wanted order, or the order shown so far while the pointer holds it. A new `question` releases
 * the hold at once.
 */
function useHeldOrder(
  wanted: readonly string[],
  held: boolean,
  question: string,
): readonly string[] {
  const [kept, setKept] = useState({ wanted, question, shown: wanted });
  const asks = kept.question !== question;
  if (kept.wanted === wanted && !asks && (held || kept.shown === wanted)) return kept.shown;
  const next = held && !asks ? heldOrder(kept.shown, wanted) : wanted;
  const same =
    next.length === kept.shown.length && next.every((id, index) => id === kept.shown[index]);
  const shown = same ? kept.shown : next;
  if (kept.wanted !== wanted || asks || shown !== kept.shown) setKept({ wanted, question, shown });
  return shown;
}
