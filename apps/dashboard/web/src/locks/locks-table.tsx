import type { ReactNode } from 'react';
import type { Lock, LockParty } from '@hatchery/events';
import { ActionButton } from '../acting/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { unknown } from '../parts/quantity.ts';
import { Findings } from './findings.tsx';
import { partyText, waitingText } from './party-text.ts';

/** The class fixes a column's width, whatever is in it: rows come and go while a user aims. */
const columns = [
  ['Condition', 'condition'],
  ['Lock', 'lock'],
  ['Kind', 'kind'],
  ['Holder', 'holder'],
  ['Host', 'host'],
  ['Held for', 'held'],
  ['Waiting', 'waiting'],
  ['Left behind?', 'findings'],
] as const;

/**
 * The roles are explicit because the narrow layout changes `display`, which removes a table's own
 * roles.
 */
export function LocksTable({ locks }: { readonly locks: readonly Lock[] }): ReactNode {
  return (
    <div className="scroller" role="region" aria-label="Table of locks" tabIndex={0}>
      <table role="table" aria-label="Locks" className="locks">
        <colgroup>
          {columns.map(([name, key]) => (
            <col key={name} className={`col-lock-${key}`} />
          ))}
          <col className="col-lock-action" />
        </colgroup>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(([name]) => (
              <th
                key={name}
                role="columnheader"
                scope="col"
                className={name === 'Held for' ? 'number' : undefined}
              >
                {name}
              </th>
            ))}
            <th role="columnheader" scope="col" className="action">
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
      <td role="cell" data-name="Holder" className="holder" title={holder?.command ?? undefined}>
        <Holder holder={holder} />
      </td>
      <td role="cell" data-name="Host" className="host-name" title={holder?.host ?? undefined}>
        <span>{holder?.host ?? unknown}</span>
      </td>
      <td role="cell" data-name="Held for" className="number">
        {holder?.since ? <Age since={holder.since} /> : unknown}
      </td>
      <td
        role="cell"
        data-name="Waiting"
        className="waiting"
        title={waiters.map(partyText).join('; ')}
      >
        <span>{waitingText(waiters)}</span>
      </td>
      <td role="cell" data-name="Left behind?" className="findings-cell">
        <Findings lock={lock} />
      </td>
      <td role="cell" className="action">
        <ActionButton acting={{ verb: 'break', lockId: id }} describedBy={`lock-${id}`}>
          Break lock…
        </ActionButton>
      </td>
    </tr>
  );
}

function Holder({ holder }: { readonly holder: LockParty | null }): ReactNode {
  if (holder === null) return unknown;
  const { childId, command } = holder;
  return (
    <span className="holder-text">
      {childId ? <Link to={{ childId }}>{partyText(holder)}</Link> : partyText(holder)}
      {command !== null && <code className="party-command">{command}</code>}
    </span>
  );
}
