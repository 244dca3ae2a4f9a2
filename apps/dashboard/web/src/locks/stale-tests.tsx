import type { ReactNode } from 'react';
import type { Lock } from '@hatchery/events';
import { staleTests } from '../store/lock-facts.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** The tests behind the word "stale", each with a tick, a cross or a question mark. */
export function StaleTests({ lock }: { readonly lock: Lock }): ReactNode {
  const { live } = usePageStore();
  const here = useCell(live.live, (state) => state.server?.host ?? null);
  useCell(live.listing);
  return (
    <span className="stale-tests">
      {staleTests(lock, here, (id) => live.row(id) !== undefined).map(({ name, passed }) => (
        <span key={name} data-passed={passed}>
          <span aria-hidden="true">{passed === null ? '?' : passed ? '✓' : '✗'}</span> {name}
          <span className="unseen">{passed === null ? ': not known' : passed ? ': yes' : ': no'}</span>
        </span>
      ))}
    </span>
  );
}
