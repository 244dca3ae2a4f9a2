import type { ReactNode } from 'react';
import { adjustAddress } from '../address/current-address.ts';
import { isKnown } from '../live/truth.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** Why the table is empty, and what to do about it. */
export function NoChildren({
  filtered,
  total,
}: {
  readonly filtered: boolean;
  readonly total: number;
}): ReactNode {
  const { live } = usePageStore();
  const loading = useCell(
    live.live,
    (state) => state.data === null && state.obstacle === null && state.refusal === null,
  );
  const known = useCell(live.live, isKnown);
  const feedUp = useCell(live.live, (state) => state.feed?.up ?? true);
  if (loading) return <p className="empty">Loading…</p>;
  if (total > 0 && filtered) {
    return (
      <p className="empty">
        No child matches.{' '}
        <button type="button" onClick={() => adjustAddress({ filter: '', view: 'all' })}>
          Show all
        </button>
      </p>
    );
  }
  if (!known) return <p className="empty">The page does not know which sessions run.</p>;
  if (!feedUp)
    return (
      <p className="empty">
        The forker is away, so its sessions are unknown. This page keeps trying.
      </p>
    );
  return (
    <p className="empty">
      No session right now. Try:{' '}
      <code>
        brz branch bzr+ssh://USER@HOST:PORT
        <wbr />
        /~USER/PROJECT/BRANCH
      </code>
      <br />
      <code>./hatchery up</code> prints this line with your host and port filled in.
    </p>
  );
}
