import { useState, type ReactNode } from 'react';
import type { PastRow, PastTimeline } from '@hatchery/events';
import { Link } from '../parts/link.tsx';
import { length } from '../parts/duration.ts';
import { count } from '../parts/quantity.ts';
import { numberIn, textIn } from '../past/told.ts';
import { useAsked } from '../past/use-asked.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

const minutes = 15;
const againMs = 5_000;
const axisMinutes = [15, 10, 5, 0] as const;

/**
 * The last quarter of an hour: a bar for each session, darker while it held a lock, and lines for
 * events that affected all.
 */
export function Timeline(): ReactNode {
  const { live } = usePageStore();
  const [open, setOpen] = useState(true);
  const paused = useCell(live.paused, (pause) => pause !== null);
  const { answer, failure } = useAsked<PastTimeline>(
    open ? `/api/timeline?minutes=${minutes}` : null,
    open && !paused ? againMs : null,
  );
  return (
    <details
      className="timeline"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2>Timeline</h2> <span className="section-note">the last {minutes} minutes</span>
      </summary>
      {failure !== null && <p className="quiet">{failure}</p>}
      {answer !== null && <Bars told={answer} />}
    </details>
  );
}

function Bars({ told }: { readonly told: PastTimeline }): ReactNode {
  const { sessions, holds, marks, refusals, more } = told;
  if (sessions.length === 0 && marks.length === 0 && refusals.length === 0)
    return <p className="empty">Nothing happened.</p>;
  const byStart = [...sessions].sort(
    (left, right) => (numberIn(left, 'started_at') ?? 0) - (numberIn(right, 'started_at') ?? 0),
  );
  return (
    <>
      <ul className="bars" aria-label="Sessions of the last minutes">
        <li className="axis" aria-hidden="true">
          {axisMinutes.map((minute) => (
            <span key={minute} style={{ left: `${100 - (minute / minutes) * 100}%` }}>
              {minute === 0 ? 'now' : `${minute} min ago`}
            </span>
          ))}
        </li>
        {byStart.map((session) => (
          <Bar key={textIn(session, 'id')} session={session} holds={holds} told={told} />
        ))}
        {refusals.length > 0 && <Refusals told={told} />}
        <li className="marks">
          {marks.map((mark, index) => (
            <span
              key={`${textIn(mark, 'at')} ${index}`}
              className="mark"
              data-kind={textIn(mark, 'kind')}
              style={{ left: `${share(told, numberIn(mark, 'at'))}%` }}
              title={markText(mark)}
            >
              <span className="unseen">{markText(mark)}</span>
            </span>
          ))}
        </li>
      </ul>
      {more > 0 && <p className="quiet">and {more} shorter sessions</p>}
      <ul className="legend" aria-label="Legend">
        <li data-kind="session">session</li>
        <li data-kind="hold">holds a lock</li>
        <li data-kind="signal">signal</li>
        <li data-kind="break">lock broken</li>
        <li data-kind="drain">drain</li>
        <li data-kind="restart">restart, zygote</li>
        <li data-kind="refused">refused</li>
      </ul>
    </>
  );
}

function Bar({
  session,
  holds,
  told,
}: {
  readonly session: PastRow;
  readonly holds: readonly PastRow[];
  readonly told: PastTimeline;
}): ReactNode {
  const id = textIn(session, 'id');
  const [from, to] = [
    numberIn(session, 'started_at') ?? told.from,
    numberIn(session, 'ended_at') ?? told.to,
  ];
  const name = `${textIn(session, 'user')} ${textIn(session, 'pid')}, ${length(to - from)}`;
  const failed = session['exit_signal'] !== null || (session['exit_code'] ?? 0) !== 0;
  return (
    <li className="bar-line">
      <Link to={{ childId: id }}>{name}</Link>
      <span className="track">
        <span className="bar" data-failed={failed} style={placed(told, from, to)} />
        {holds
          .filter((hold) => hold['child_id'] === id)
          .map((hold, index) => (
            <span
              key={index}
              className="hold"
              title={textIn(hold, 'name')}
              style={placed(
                told,
                numberIn(hold, 'from_at') ?? from,
                numberIn(hold, 'to_at') ?? told.to,
              )}
            />
          ))}
      </span>
    </li>
  );
}

/**
 * The number of refusals, in its own row: they are not sessions, and do not affect running ones.
 */
function Refusals({ told }: { readonly told: PastTimeline }): ReactNode {
  const counts = told.refusals.map((row) => numberIn(row, 'count') ?? 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...counts);
  return (
    <li className="bar-line refusals">
      <Link to={{ page: 'history' }}>
        {count(all)} {all === 1 ? 'refusal' : 'refusals'}
      </Link>
      <span className="track">
        {told.refusals.map((row, index) => {
          const number = counts[index] ?? 0;
          const left = `${share(told, numberIn(row, 'at'))}%`;
          const height = `${3 + (15 * number) / most}px`;
          return (
            <span
              key={left}
              className="refused"
              title={`${count(number)} refused`}
              style={{ left, height }}
            />
          );
        })}
      </span>
    </li>
  );
}

function placed(
  told: PastTimeline,
  from: number,
  to: number,
): { readonly left: string; readonly width: string } {
  const left = share(told, from);
  return { left: `${left}%`, width: `max(2px, ${share(told, to) - left}%)` };
}

function share({ from, to }: PastTimeline, at: number | null): number {
  return Math.min(100, Math.max(0, (((at ?? from) - from) / (to - from)) * 100));
}

function markText(mark: PastRow): string {
  return `${new Date(numberIn(mark, 'at') ?? 0).toLocaleTimeString('en-GB')} ${textIn(mark, 'text')}`;
}
