import type { ReactNode } from 'react';
import { concerns } from '../store/concerns.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** What a person should look at first, worst first; one quiet line when there is nothing. */
export function Attention(): ReactNode {
  const { live } = usePageStore();
  const state = useCell(live.live);
  const service = useCell(live.service);
  const at = useCell(live.clock);
  const found = concerns(state, service, at);
  return (
    <section className="attention" aria-label="Needs attention">
      {found.length === 0 ? (
        <p className="well">
          <span aria-hidden="true">✓</span> All is well
        </p>
      ) : (
        <ul>
          {found.map(({ title, detail, harm }) => (
            <li key={title} data-harm={harm}>
              <strong>{title}</strong> {detail}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
