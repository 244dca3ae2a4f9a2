import { useState, type ReactNode } from 'react';
import type { Child } from '@hatchery/events';
import { Age } from '../parts/age.tsx';
import { duration, shortDuration } from '../parts/duration.ts';
import { ending } from '../parts/ending.ts';
import { bytes, count, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildLink } from './child-row.tsx';

/** Shown until somebody asks for the rest: the page is about what lives. */
const firstRows = 10;

/** Children that ended lately, with what they used in all. */
export function EndedSection(): ReactNode {
  const { live } = usePageStore();
  const ended = useCell(live.ended);
  const [all, setAll] = useState(false);
  if (ended.length === 0) return null;
  const hidden = all ? 0 : Math.max(0, ended.length - firstRows);
  return (
    <section aria-labelledby="ended-heading">
      <div className="section-head">
        <h2 id="ended-heading">Recently ended</h2>
        <span className="section-note">{ended.length}</span>
      </div>
      <table role="table" aria-label="Recently ended">
        <thead role="rowgroup">
          <tr role="row">
            {['End', 'PID', 'User', 'Command', 'Ended', 'Lasted', 'CPU time', 'Max RSS', 'Faults', 'Blocks'].map(
              (name) => (
                <th
                  key={name}
                  role="columnheader"
                  scope="col"
                  className={['End', 'User', 'Command'].includes(name) ? undefined : 'number'}
                >
                  {name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {ended.slice(0, ended.length - hidden).map((child) => (
            <EndedRow key={child.id} child={child} />
          ))}
        </tbody>
      </table>
      {hidden > 0 && (
        <button type="button" className="more" onClick={() => setAll(true)}>
          Show {hidden} more
        </button>
      )}
    </section>
  );
}

function EndedRow({ child }: { readonly child: Child }): ReactNode {
  const { exit, rusage, startedAt, endedAt } = child;
  return (
    <tr role="row">
      <td role="cell" data-name="End">
        <span className="ending" data-failed={exit?.code !== 0}>
          {ending(exit)}
        </span>
      </td>
      <td role="cell" data-name="PID" className="number">
        <ChildLink id={child.id}>{child.pid}</ChildLink>
      </td>
      <td role="cell" data-name="User" className="user">
        {child.user ?? unknown}
      </td>
      <td role="cell" data-name="Command" className="command" title={child.command}>
        {child.command}
      </td>
      <td role="cell" data-name="Ended" className="number">
        {endedAt === null ? (
          unknown
        ) : (
          <>
            <Age since={endedAt} /> ago
          </>
        )}
      </td>
      <td role="cell" data-name="Lasted" className="number">
        {endedAt === null ? unknown : lasted(startedAt, endedAt)}
      </td>
      <td
        role="cell"
        data-name="CPU time"
        className="number"
        title={rusage === null ? undefined : `${rusage.userMs} ms user, ${rusage.systemMs} ms system`}
      >
        {rusage === null ? unknown : shortDuration(rusage.userMs + rusage.systemMs)}
      </td>
      <td role="cell" data-name="Max RSS" className="number" title="Counts pages shared with the zygote too">
        {bytes(rusage?.maxRssBytes)}
      </td>
      <td role="cell" data-name="Faults" className="number">
        {count(rusage === null ? null : rusage.minorFaults + rusage.majorFaults)}
      </td>
      <td role="cell" data-name="Blocks" className="number" title="Blocks read and written">
        {count(rusage === null ? null : rusage.inBlocks + rusage.outBlocks)}
      </td>
    </tr>
  );
}

function lasted(startedAt: string, endedAt: string): string {
  const ms = Date.parse(endedAt) - Date.parse(startedAt);
  return ms < 10_000 ? shortDuration(ms) : duration(ms);
}
