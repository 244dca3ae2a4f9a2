import type { ReactNode } from 'react';
import { Age } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { blockedCount, type WaitNode } from '../store/lock-facts.ts';
import { partyText } from './party-text.ts';

/** Who waits behind whom, as nested lists: the outermost party is the one to look at. */
export function WaitTree({ node }: { readonly node: WaitNode }): ReactNode {
  const { party, circular } = node;
  return (
    <div className="wait-node">
      {party.childId === null ? (
        <span>{partyText(party)}</span>
      ) : (
        <Link to={{ childId: party.childId }}>{partyText(party)}</Link>
      )}
      {node.awaits !== null && party.since !== null && (
        <span className="quiet">
          {' '}
          waits <Age since={party.since} />
        </span>
      )}
      {circular && <strong className="bad"> waits in a circle</strong>}
      <Blocked node={node} />
    </div>
  );
}

/** The locks of one party and who waits for each, without the party itself. */
export function Blocked({ node }: { readonly node: WaitNode }): ReactNode {
  return node.blocked.map(({ lock, waiters }) => (
    <div key={lock.id} className="wait-branch">
      <span className="quiet">holds</span> <Link to={{ lockId: lock.id }}>{lock.name}</Link>
      <ul aria-label={`${blockedCount({ ...node, blocked: [{ lock, waiters }] })} wait for ${lock.name}`}>
        {waiters.map((waiter) => (
          <li key={waiter.name}>
            <WaitTree node={waiter} />
          </li>
        ))}
      </ul>
    </div>
  ));
}
