import type { ReactNode } from 'react';
import type { LockParty } from '@hatchery/events';
import { countBehind, type BlockingLock, type Deadlock, type WaitNode } from '@hatchery/locks';
import { ActionButton } from '../acting/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { usePageStore } from '../store/page-store.ts';
import { partyText } from './party-text.ts';

interface BlockedProps {
  readonly blocks: readonly BlockingLock[];
  /** How many waiters of each lock are listed; the rest are counted. */
  readonly waitersMax?: number;
}

/** Who waits behind whom, as nested lists. The outermost party is the one to look at. */
export function WaitTree({
  node,
  waits = false,
}: {
  readonly node: WaitNode;
  readonly waits?: boolean;
}): ReactNode {
  return (
    <div className="wait-node">
      <Party party={node.party} />
      {waits && <Waits party={node.party} />}
      <Blocked blocks={node.blocks} />
    </div>
  );
}

/** Locks and their waiters. */
export function Blocked({ blocks, waitersMax = 200 }: BlockedProps): ReactNode {
  return blocks.map(({ lock, waiters }) => (
    <div key={lock.id} className="wait-branch">
      <span className="quiet">holds</span> <Link to={{ lockId: lock.id }}>{lock.name}</Link>{' '}
      <span className="quiet">{lock.kind}</span>
      <ul
        aria-label={`${countBehind({ party: null, blocks: [{ lock, waiters }] })} wait for ${lock.name}`}
      >
        {waiters.slice(0, waitersMax).map((waiter, index) => (
          <li key={`${waiter.party?.childId ?? waiter.party?.pid ?? ''} ${index}`}>
            <WaitTree node={waiter} waits />
          </li>
        ))}
        {waiters.length > waitersMax && (
          <li className="quiet">and {waiters.length - waitersMax} more</li>
        )}
      </ul>
    </div>
  ));
}

/** A deadlock: each of its parties with the lock it waits for, and what can end it. */
export function DeadlockSteps({ deadlock, waitersMax = 200 }: DeadlockStepsProps): ReactNode {
  const { live } = usePageStore();
  const { steps, behind } = deadlock;
  return (
    <>
      <ol className="wait-branch deadlock">
        {steps.map(({ party, waitsFor }, index) => (
          <li key={`${waitsFor.id} ${index}`}>
            <span className="deadlock-step">
              <Party party={party} />
              <Waits party={party} /> <span className="quiet">for</span>{' '}
              <Link to={{ lockId: waitsFor.id }}>{waitsFor.name}</Link>{' '}
              <span className="quiet">
                {waitsFor.kind}, held by {partyText(waitsFor.holder)}
              </span>
            </span>
            {party.childId !== null && live.row(party.childId) !== undefined && (
              <ActionButton acting={{ verb: 'signal', childId: party.childId }}>
                Signal…
              </ActionButton>
            )}
            <ActionButton acting={{ verb: 'break', lockId: waitsFor.id }}>Break lock…</ActionButton>
          </li>
        ))}
      </ol>
      {behind.length > 0 && <Blocked blocks={behind} waitersMax={waitersMax} />}
    </>
  );
}

interface DeadlockStepsProps {
  readonly deadlock: Deadlock;
  readonly waitersMax?: number;
}

/** Who it is. For a script also what it runs, because a script has no details to open. */
function Party({ party }: { readonly party: LockParty | null }): ReactNode {
  if (party === null) return <span>somebody</span>;
  if (party.childId !== null)
    return <Link to={{ childId: party.childId }}>{partyText(party)}</Link>;
  return (
    <span>
      {partyText(party)}{' '}
      {party.command !== null && <code className="party-command">{party.command}</code>}
    </span>
  );
}

function Waits({ party }: { readonly party: LockParty | null }): ReactNode {
  if (party === null || party.since === null) return null;
  return (
    <span className="quiet">
      {' '}
      waits <Age since={party.since} />
    </span>
  );
}
