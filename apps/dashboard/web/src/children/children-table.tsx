import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode, type RefObject } from 'react';
import { adjustAddress } from '../address/current-address.ts';
import { useNarrow } from '../parts/use-narrow.ts';
import type { Sort, SortKey } from '../store/order.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildRow } from './child-row.tsx';

const columns: readonly {
  readonly key: SortKey;
  readonly name: string;
  readonly numeric?: boolean;
}[] = [
  { key: 'state', name: 'State' },
  { key: 'pid', name: 'PID', numeric: true },
  { key: 'user', name: 'User' },
  { key: 'work', name: 'Branch or command' },
  { key: 'age', name: 'Age', numeric: true },
  { key: 'cpu', name: 'CPU', numeric: true },
  { key: 'private', name: 'Private', numeric: true },
  { key: 'faults', name: 'Faults/s', numeric: true },
  { key: 'io', name: 'I/O/s', numeric: true },
  { key: 'locks', name: 'Locks', numeric: true },
];

/** Heights assumed before a row is measured: of a line, and of a card. */
const rowPx = 31;
const cardPx = 208;
const cardGapPx = 8;

interface ChildrenTableProps {
  readonly ids: readonly string[];
  readonly sort: Sort;
  readonly hold: (held: boolean) => void;
}

/**
 * Thousands of children, of which only the visible ones are drawn. The roles are explicit because
 * the narrow layout changes `display`, which removes a table's own roles.
 */
export function ChildrenTable({ ids, sort, hold }: ChildrenTableProps): ReactNode {
  'use no memo';
  const { cursor } = usePageStore();
  const marked = useCell(cursor);
  const narrow = useNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => holdWhileOver(body, hold), [hold]);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoised by a compiler
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => ids[index] ?? index,
    estimateSize: () => (narrow ? cardPx : rowPx),
    gap: narrow ? cardGapPx : 0,
    overscan: narrow ? 3 : 4,
  });
  useEffect(() => rows.measure(), [rows, narrow]);
  useEffect(() => {
    const index = marked === null ? -1 : ids.indexOf(marked);
    if (index >= 0) rows.scrollToIndex(index, { align: 'auto' });
    // Only a step of J or K scrolls; rows that change places do not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [marked]);
  const items = rows.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = rows.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      className="scroller"
      ref={scroller}
      role="region"
      aria-label="Table of children"
      tabIndex={0}
    >
      <table role="table" aria-label="Children" aria-rowcount={ids.length + 1} className="live">
        <colgroup>
          {columns.map(({ key }) => (
            <col key={key} className={`col-${key}`} />
          ))}
          <col className="col-action" />
        </colgroup>
        <Head sort={sort} />
        <tbody role="rowgroup" ref={body}>
          <Spacer px={above} />
          {items.map(({ index, key }) => {
            const id = ids[index];
            if (id === undefined) return null;
            return (
              <ChildRow
                key={key}
                id={id}
                index={index}
                marked={id === marked}
                measure={narrow ? rows.measureElement : undefined}
              />
            );
          })}
          <Spacer px={below} />
        </tbody>
      </table>
    </div>
  );
}

/**
 * Holds the order while the pointer is over the element. It watches where the pointer arrives,
 * because no leave event comes from a row that was removed under it. Returns a function that stops
 * watching.
 */
function holdWhileOver(
  over: RefObject<HTMLElement | null>,
  hold: (held: boolean) => void,
): () => void {
  const arrive = ({ target }: PointerEvent): void =>
    hold(target instanceof Node && over.current?.contains(target) === true);
  const leave = (): void => hold(false);
  document.addEventListener('pointerover', arrive);
  document.documentElement.addEventListener('pointerleave', leave);
  return () => {
    document.removeEventListener('pointerover', arrive);
    document.documentElement.removeEventListener('pointerleave', leave);
    leave();
  };
}

/** Takes the height of the rows that are not drawn. */
function Spacer({ px }: { readonly px: number }): ReactNode {
  return px <= 0 ? null : (
    <tr className="spacer" role="presentation" aria-hidden="true" style={{ height: px }} />
  );
}

function Head({ sort }: { readonly sort: Sort }): ReactNode {
  return (
    <thead role="rowgroup">
      <tr role="row" aria-rowindex={1}>
        {columns.map(({ key, name, numeric }) => (
          <th
            key={key}
            role="columnheader"
            scope="col"
            className={numeric ? 'number' : undefined}
            aria-sort={ariaSort(sort, key)}
          >
            <button
              type="button"
              className="sort"
              onClick={() => adjustAddress({ sort: nextSort(sort, key, numeric === true) })}
            >
              {name}
              <span aria-hidden="true">
                {sort.key === key ? (sort.descending ? ' ↓' : ' ↑') : ''}
              </span>
            </button>
          </th>
        ))}
        <th role="columnheader" scope="col">
          <span className="unseen">Actions</span>
        </th>
      </tr>
    </thead>
  );
}

function ariaSort(sort: Sort, key: SortKey): 'ascending' | 'descending' | undefined {
  if (sort.key !== key) return undefined;
  return sort.descending ? 'descending' : 'ascending';
}

/** Numbers sort largest first: that is the end people look for. */
function nextSort(sort: Sort, key: SortKey, numeric: boolean): Sort {
  return { key, descending: sort.key === key ? !sort.descending : numeric };
}
