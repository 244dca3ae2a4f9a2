import type { ReactNode } from 'react';
import { Moment } from '../parts/moment.tsx';
import { visible } from '../parts/visible.ts';
import { useAsked } from '../past/use-asked.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** The answer of the fork service (apps/forker, `ChildLog`). */
interface ToldLog {
  readonly lines: readonly { readonly at: string; readonly text: string }[];
  readonly cut: boolean;
}

/**
 * The child's lines in the log of the service. Read again every `everyMs`, or once when that is
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
  // A traceback contains paths of the host, so the server refuses it to viewers too.
  const url = isViewer ? null : `/api/children/${encodeURIComponent(id)}/log`;
  const { answer, failure } = useAsked<ToldLog>(url, everyMs);
  return (
    <section aria-labelledby="child-log">
      <h3 id="child-log">Tracebacks and crashes</h3>
      <p className="quiet">
        From the log of the service. What the session writes to stderr goes only to its client.
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
      <p className="empty">
        It logged no error of ours and no crash, or the log of that time is gone.
      </p>
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
