import type { ReactNode } from 'react';
import { adjustAddress } from '../address/current-address.ts';
import type { Sort, SortKey } from '../store/order.ts';
import { ChildRow } from './child-row.tsx';

const columns: readonly { readonly key: SortKey; readonly name: string; readonly numeric?: boolean }[] = [
  { key: 'state', name: 'State' },
  { key: 'pid', name: 'PID', numeric: true },
  { key: 'user', name: 'User' },
  { key: 'command', name: 'Command' },
  { key: 'age', name: 'Age', numeric: true },
  { key: 'cpu', name: 'CPU', numeric: true },
  { key: 'private', name: 'Private', numeric: true },
  { key: 'rss', name: 'RSS', numeric: true },
  { key: 'faults', name: 'Faults/s', numeric: true },
  { key: 'io', name: 'I/O/s', numeric: true },
  { key: 'peer', name: 'Peer' },
];

/** The roles are spelled out because the narrow layout changes `display`, which takes a table's own roles away. */
export function ChildrenTable({ ids, sort }: { readonly ids: readonly string[]; readonly sort: Sort }): ReactNode {
  return (
    <table role="table" aria-label="Children" className="live">
      <colgroup>
        {columns.map(({ key }) => (
          <col key={key} className={`col-${key}`} />
        ))}
        <col className="col-action" />
      </colgroup>
      <thead role="rowgroup">
        <tr role="row">
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
                <span aria-hidden="true">{sort.key === key ? (sort.descending ? ' ↓' : ' ↑') : ''}</span>
              </button>
            </th>
          ))}
          <th role="columnheader" scope="col">
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {ids.map((id) => (
          <ChildRow key={id} id={id} />
        ))}
      </tbody>
    </table>
  );
}

function ariaSort(sort: Sort, key: SortKey): 'ascending' | 'descending' | undefined {
  if (sort.key !== key) return undefined;
  return sort.descending ? 'descending' : 'ascending';
}

/** Numbers are sorted largest first: that end is the one that gets looked for. */
function nextSort(sort: Sort, key: SortKey, numeric: boolean): Sort {
  return { key, descending: sort.key === key ? !sort.descending : numeric };
}
