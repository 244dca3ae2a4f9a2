import type { ReactNode } from 'react';
import { waitForest } from '@hatchery/locks';
import { address, adjustAddress } from '../address/current-address.ts';
import { isKnown } from '../live/truth.ts';
import { count, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { LocksTable } from './locks-table.tsx';
import { DeadlockSteps, WaitTree } from './wait-tree.tsx';

/** Locks drawn at once. More are known; the oldest matter most. */
const locksMax = 500;

/** Locks and holders, as a table of all locks or as trees of the locks that have waiters. */
export function LocksSection(): ReactNode {
  const { live } = usePageStore();
  const locks = useCell(live.locks);
  const known = useCell(live.live, isKnown);
  const { locksAs } = useCell(address);
  const shown = locks.slice(0, locksMax);
  return (
    <section aria-labelledby="locks-heading">
      <div className="section-head">
        <h2 id="locks-heading">Locks</h2>
        <span className="section-note">
          {shown.length < locks.length
            ? `showing the oldest ${count(shown.length)} of ${count(locks.length)}`
            : known
              ? count(locks.length)
              : unknown}
        </span>
        <div className="switch" role="group" aria-label="Show locks as">
          {(['table', 'tree'] as const).map((form) => (
            <button
              key={form}
              type="button"
              aria-pressed={locksAs === form}
              onClick={() => adjustAddress({ locksAs: form })}
            >
              {form === 'table' ? 'Table' : 'Tree'}
            </button>
          ))}
        </div>
      </div>
      {locksAs === 'tree' && known ? <Trees /> : <LocksTable locks={shown} />}
      {!known && <p className="empty">The page does not know which locks are held.</p>}
      {known && locksAs === 'table' && locks.length === 0 && (
        <p className="empty">No lock is held.</p>
      )}
    </section>
  );
}

function Trees(): ReactNode {
  const { live } = usePageStore();
  const { roots, deadlocks } = waitForest(useCell(live.locks));
  if (roots.length + deadlocks.length === 0)
    return <p className="empty">Nobody waits for a lock.</p>;
  return (
    <ul className="wait-trees" aria-label="Wait trees">
      {deadlocks.map((deadlock) => (
        <li key={deadlock.steps.map(({ waitsFor }) => waitsFor.id).join(' ')}>
          <strong className="bad">Deadlock</strong>
          <DeadlockSteps deadlock={deadlock} />
        </li>
      ))}
      {roots.map((root) => (
        <li key={root.blocks[0]?.lock.id}>
          <WaitTree node={root} />
        </li>
      ))}
    </ul>
  );
}
