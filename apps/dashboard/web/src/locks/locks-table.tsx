import type { ReactNode } from 'react';
import type { Lock } from '@hatchery/events';
import { ActionButton } from '../acting/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { unknown } from '../parts/quantity.ts';
import { partyText } from './party-text.ts';
import { StaleTests } from './stale-tests.tsx';

const columns = ['Condition', 'Lock', 'Kind', 'Holder', 'Host', 'Held for', 'Waiting', 'Left behind?'] as const;

/** The roles are spelled out because the narrow layout changes `display`, which takes a table's own roles away. */
export function LocksTable({ locks }: { readonly locks: readonly Lock[] }): ReactNode {
  return (
    <div className="scroller" role="region" aria-label="Table of locks" tabIndex={0}>
      <table role="table" aria-label="Locks" className="locks">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((name) => (
              <th key={name} role="columnheader" scope="col" className={name === 'Held for' ? 'number' : undefined}>
                {name}
              </th>
            ))}
            <th role="columnheader" scope="col">
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {locks.map((lock) => (
            <LockRow key={lock.id} lock={lock} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LockRow({ lock }: { readonly lock: Lock }): ReactNode {
  const { id, name, kind, holder, waiters, condition, path } = lock;
  return (
    <tr role="row">
      <td role="cell" data-name="Condition">
        <span className="state" data-state={condition}>
          {condition}
        </span>
      </td>
      <td role="cell" data-name="Lock" className="lock-name" title={path}>
        <Link to={{ lockId: id }} id={`lock-${id}`}>
          {name}
        </Link>
      </td>
      <td role="cell" data-name="Kind">
        {kind}
      </td>
      <td role="cell" data-name="Holder" title={holder?.command ?? undefined}>
        {holder?.childId ? <Link to={{ childId: holder.childId }}>{partyText(holder)}</Link> : partyText(holder)}
      </td>
      <td role="cell" data-name="Host">
        {holder?.host ?? unknown}
      </td>
      <td role="cell" data-name="Held for" className="number">
        {holder?.since ? <Age since={holder.since} /> : unknown}
      </td>
      <td role="cell" data-name="Waiting" title={waiters.map(partyText).join('; ')}>
        {waiters.length === 0 ? 'nobody' : `${waiters.length}: ${waiters.map(({ user }) => user ?? '?').join(', ')}`}
      </td>
      <td role="cell" data-name="Left behind?">
        <StaleTests lock={lock} />
      </td>
      <td role="cell" className="action">
        <ActionButton acting={{ verb: 'break', lockId: id }} describedBy={`lock-${id}`}>
          Break lock…
        </ActionButton>
      </td>
    </tr>
  );
}
