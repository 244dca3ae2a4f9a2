import type { ReactNode } from 'react';
import { Moment } from '../parts/moment.tsx';
import { visible } from '../parts/visible.ts';
import { useAsked } from '../past/use-asked.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** As the fork service answers (apps/forker, `ChildLog`). */
interface ToldLog {
  readonly lines: readonly { readonly at: string; readonly text: string }[];
  readonly cut: boolean;
}

/**
 * What a child has put into the log of the service: read anew every `everyMs`, or once when that is
 * null.
 */
export function ChildLog({
  id,
  everyMs,
}: {
  readonly id: string;
  readonly everyMs: number | null;
}): ReactNode {
  const { live } = usePageStore();
  const isViewer = useCell(live.live, (state) => (state.server?.role ?? 'viewer') === 'viewer');
  // Paths of the machine are in a traceback; the server refuses it to a viewer too.
  const url = isViewer ? null : `/api/children/${encodeURIComponent(id)}/log`;
  const { answer, failure } = useAsked<ToldLog>(url, everyMs);
  return (
    <section aria-labelledby="child-log">
      <h3 id="child-log">Tracebacks and crashes</h3>
      <p className="quiet">
        From the log of the service. What the session writes to its stderr goes to its client alone.
      </p>
      {isViewer && <p className="empty">Shown to operators and admins.</p>}
      {failure !== null && <p className="failure">{failure}</p>}
      {failure === null && answer !== null && <Lines told={answer} />}
    </section>
  );
}

function Lines({ told: { lines, cut } }: { readonly told: ToldLog }): ReactNode {
  const [first] = lines;
  if (first === undefined)
    return (
      <p className="empty">It has logged nothing that is kept: no error of ours, and no crash.</p>
    );
  return (
    <>
      <p className="quiet">
        {cut ? 'The end of it, from ' : 'From '}
        <Moment at={Date.parse(first.at)} />
        {cut && '; the log of the service has all'}
      </p>
      <pre className="log" tabIndex={0}>
        {lines.map(({ text }) => `${visible(text)}\n`)}
      </pre>
    </>
  );
}
