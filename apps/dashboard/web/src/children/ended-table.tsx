import { memo, type ReactNode } from 'react';
import type { Child } from '@hatchery/events';
import { Age } from '../parts/age.tsx';
import { length } from '../parts/duration.ts';
import { ending, limitMark } from '../parts/ending.ts';
import { Link } from '../parts/link.tsx';
import { bytes, count, unknown } from '../parts/quantity.ts';
import { parseFilter } from '../store/filter.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

const what = 'Branch or command';

/**
 * Children that ended recently and match the filter, with their total usage; at most the newest
 * `rowsMax`.
 */
export function EndedTable({
  filter,
  rowsMax = 200,
}: {
  readonly filter: string;
  readonly rowsMax?: number;
}): ReactNode {
  const { live } = usePageStore();
  const all = useCell(live.ended);
  const test = parseFilter(filter);
  const rows = all.map((child) => ({
    ...nothingLive,
    child,
    branch: live.endedBranches.of(child.id),
  }));
  const ended = rows.filter((row) => test(row, live.serverNow.get())).slice(0, rowsMax);
  if (ended.length === 0)
    return (
      <p className="empty">
        {all.length === 0 ? 'Nothing has ended yet.' : 'No ended child matches the filter.'}
      </p>
    );
  return (
    <div className="scroller" role="region" aria-label="Table of ended children" tabIndex={0}>
      <table role="table" aria-label="Recently ended">
        <thead role="rowgroup">
          <tr role="row">
            {[
              'End',
              'PID',
              'User',
              what,
              'Ended',
              'Lasted',
              'CPU time',
              'Max RSS',
              'Faults',
              'Blocks',
            ].map((name) => (
              <th
                key={name}
                role="columnheader"
                scope="col"
                className={['End', 'User', what].includes(name) ? undefined : 'number'}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {ended.map(({ child, branch }) => (
            <EndedRow key={child.id} child={child} branch={branch} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Columns that ended children lack. */
const nothingLive = { trend: undefined, holds: 0, awaits: 0, stuckSince: null } as const;

interface EndedRowProps {
  readonly child: Child;
  readonly branch: string | null;
}

const EndedRow = memo(function EndedRow({ child, branch }: EndedRowProps): ReactNode {
  const { exit, limit, rusage, startedAt, endedAt } = child;
  return (
    <tr role="row">
      <td role="cell" data-name="End">
        <span
          className="ending"
          data-failed={exit?.code !== 0}
          data-limit={limit}
          title={ending(exit)}
        >
          {limit === undefined ? ending(exit) : limitMark(limit)}
        </span>
      </td>
      <td role="cell" data-name="PID" className="number">
        <Link to={{ childId: child.id }}>{child.pid}</Link>
      </td>
      <td role="cell" data-name="User" className="user">
        {child.user ?? unknown}
      </td>
      <td role="cell" data-name="Branch or command" className="command" title={child.command}>
        {branch ?? child.command}
      </td>
      <td role="cell" data-name="Ended" className="number">
        {endedAt === null ? (
          unknown
        ) : (
          <span>
            <Age since={endedAt} /> ago
          </span>
        )}
      </td>
      <td role="cell" data-name="Lasted" className="number">
        {endedAt === null ? unknown : length(Date.parse(endedAt) - Date.parse(startedAt))}
      </td>
      <td
        role="cell"
        data-name="CPU time"
        className="number"
        title={
          rusage === null ? undefined : `${rusage.userMs} ms user, ${rusage.systemMs} ms system`
        }
      >
        {rusage === null ? unknown : length(rusage.userMs + rusage.systemMs)}
      </td>
      <td
        role="cell"
        data-name="Max RSS"
        className="number"
        title="Counts pages shared with the zygote too"
      >
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
});
