import { useState, type ReactNode } from 'react';
import type { PastSessions, SpreadRow } from '@hatchery/events';
import { length } from '../parts/duration.ts';
import { count } from '../parts/quantity.ts';

const groups = { all: 'All', users: 'By user', branches: 'By branch' } as const;
type Group = keyof typeof groups;

const measures = [
  ['session', 'Session'],
  ['start', 'Start'],
  ['lockWait', 'Lock wait'],
  ['lockHold', 'Lock hold'],
] as const;

/** How long things took: the 50th, 95th and 99th percentiles. */
export function Spreads({
  statistics,
}: {
  readonly statistics: NonNullable<PastSessions['statistics']>;
}): ReactNode {
  const [group, setGroup] = useState<Group>('all');
  const rows = group === 'all' ? [statistics.all] : statistics[group];
  return (
    <>
      <div className="section-head">
        <h3>Durations</h3>
        <div className="switch" role="group" aria-label="Group durations">
          {(Object.keys(groups) as Group[]).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === group}
              onClick={() => setGroup(each)}
            >
              {groups[each]}
            </button>
          ))}
        </div>
      </div>
      <div className="scroller" role="region" aria-label="Table of durations" tabIndex={0}>
        <table role="table" aria-label="Durations">
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">
                Of
              </th>
              <th role="columnheader" scope="col" className="number">
                Ended
              </th>
              {measures.map(([measure, name]) => (
                <th key={measure} role="columnheader" scope="col" className="number">
                  {name} p50 / p95 / p99
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map((row) => (
              <SpreadLine key={row.name} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function SpreadLine({ row }: { readonly row: SpreadRow }): ReactNode {
  return (
    <tr role="row">
      <td role="cell" data-name="Of" className="spread">
        {row.name ?? 'everybody'}
      </td>
      <td role="cell" data-name="Ended" className="number spread">
        {count(row.session.count)}
      </td>
      {measures.map(([measure, name]) => {
        const { p50, p95, p99 } = row[measure];
        return (
          <td key={measure} role="cell" data-name={name} className="number spread">
            {[p50, p95, p99].map(length).join(' / ')}
          </td>
        );
      })}
    </tr>
  );
}
