import type { ReactNode } from 'react';
import type { LockParty } from '@hatchery/events';
import { ActionButton } from '../acting/action-button.tsx';
import { Findings } from '../locks/findings.tsx';
import { partyText } from '../locks/party-text.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { Link } from '../parts/link.tsx';
import { unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { DrawerFrame } from './drawer-frame.tsx';

/** Everything known of one lock while it is held. */
export function LockDrawer({ id }: { readonly id: string }): ReactNode {
  const { live } = usePageStore();
  const lock = useCell(live.locks).find((each) => each.id === id);
  const loading = useCell(live.live, (state) => state.data === null);
  if (lock === undefined) {
    return (
      <DrawerFrame title={loading ? 'Looking…' : 'Lock'} actions={null}>
        {!loading && (
          <p className="empty">
            This lock is free. Who held it before is in{' '}
            <Link to={{ page: 'history' }}>History</Link>.
          </p>
        )}
      </DrawerFrame>
    );
  }
  const { holder, waiters } = lock;
  const actions = <ActionButton acting={{ verb: 'break', lockId: id }}>Break lock…</ActionButton>;
  return (
    <DrawerFrame title={lock.name} actions={actions}>
      <Facts
        facts={[
          ['Condition', lock.condition],
          ['Kind', lock.kind],
          [
            'Holder',
            holder?.childId ? (
              <Link key="holder" to={{ childId: holder.childId }}>
                {partyText(holder)}
              </Link>
            ) : (
              partyText(holder)
            ),
          ],
          ['Host', holder?.host ?? unknown],
          ['Held for', holder?.since ? <Age key="age" since={holder.since} /> : unknown],
          ['Nonce', lock.nonce ?? unknown],
        ]}
        wide={[
          ['Left behind?', <Findings key="findings" lock={lock} />],
          ['Path', <code key="path">{lock.path}</code>],
          ['Command of the holder', <code key="command">{holder?.command ?? unknown}</code>],
        ]}
      />
      <h3>Waiting</h3>
      <Waiters waiters={waiters} />
    </DrawerFrame>
  );
}

function Waiters({ waiters }: { readonly waiters: readonly LockParty[] }): ReactNode {
  if (waiters.length === 0) return <p className="quiet">Nobody.</p>;
  return (
    <ul className="plain">
      {waiters.map((waiter, index) => (
        <li key={`${waiter.childId ?? partyText(waiter)} ${index}`}>
          {waiter.childId ? (
            <Link to={{ childId: waiter.childId }}>{partyText(waiter)}</Link>
          ) : (
            partyText(waiter)
          )}
          {waiter.since !== null && (
            <span className="quiet">
              {' '}
              for <Age since={waiter.since} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
