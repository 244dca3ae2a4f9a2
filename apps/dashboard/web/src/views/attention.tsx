import type { ReactNode } from 'react';
import { ActionButton } from '../acting/action-button.tsx';
import { Blocked, DeadlockSteps } from '../locks/wait-tree.tsx';
import { isKnown } from '../live/truth.ts';
import { Link } from '../parts/link.tsx';
import { concerns, type Concern } from '../store/concerns.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** The tree below the table shows all of them. */
const waitersMax = 5;

/**
 * What to look at first, worst first, with what can be done about it; one quiet line when there is
 * nothing.
 */
export function Attention(): ReactNode {
  const { live } = usePageStore();
  const service = useCell(live.service);
  const locks = useCell(live.locks);
  const at = useCell(live.clock);
  const known = useCell(live.live, isKnown);
  const found = concerns(
    live.live.get(),
    service,
    locks,
    at,
    (childId) => live.row(childId) !== undefined,
  );
  return (
    <section className="attention" aria-label="Needs attention">
      {found.length === 0 && !known ? (
        <p>Nothing is known yet.</p>
      ) : found.length === 0 ? (
        <p className="well">
          <span aria-hidden="true">✓</span> All is well
        </p>
      ) : (
        <ul>
          {found.map((concern) => (
            <ConcernLine key={concern.key} concern={concern} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ConcernLine({ concern }: { readonly concern: Concern }): ReactNode {
  const { title, detail, harm, blocks, deadlock, childId, lockId } = concern;
  return (
    <li data-harm={harm}>
      <div className="concern">
        <span className="concern-text" id={`concern-${concern.key}`}>
          {childId === undefined ? (
            <strong>{title}</strong>
          ) : (
            <Link to={{ childId }}>
              <strong>{title}</strong>
            </Link>
          )}{' '}
          {detail}
        </span>
        {childId !== undefined && (
          <ActionButton acting={{ verb: 'signal', childId }} describedBy={`concern-${concern.key}`}>
            Signal…
          </ActionButton>
        )}
        {lockId !== undefined && (
          <ActionButton acting={{ verb: 'break', lockId }} describedBy={`concern-${concern.key}`}>
            Break lock…
          </ActionButton>
        )}
      </div>
      {deadlock !== undefined && <DeadlockSteps deadlock={deadlock} waitersMax={waitersMax} />}
      {blocks !== undefined && <Blocked blocks={blocks} waitersMax={waitersMax} />}
    </li>
  );
}
