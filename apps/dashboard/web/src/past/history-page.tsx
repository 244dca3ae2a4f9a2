import type { ReactNode } from 'react';
import {
  failureOfStatus,
  failureWords,
  limitOf,
  type PastRefusals,
  type PastRow,
  type PastSessions,
} from '@hatchery/events';
import { limitMark } from '../parts/ending.ts';
import { address } from '../address/current-address.ts';
import { Moment } from '../parts/moment.tsx';
import { length } from '../parts/duration.ts';
import { Link } from '../parts/link.tsx';
import { bytes, count, unknown } from '../parts/quantity.ts';
import { useCell } from '../store/use-cell.ts';
import { Exports, PastForm, queryOf } from './past-form.tsx';
import { PastTable, type PastColumn } from './past-table.tsx';
import { Spreads } from './spreads.tsx';
import { numberIn, textIn } from './told.ts';
import { usePages } from './use-pages.ts';

/** Past sessions, and how long things took. */
export function HistoryPage(): ReactNode {
  const { past } = useCell(address);
  const { first, rows, more, failure } = usePages<PastSessions>('history', past);
  return (
    <section aria-labelledby="history-heading" aria-busy={first.loading}>
      <div className="section-head">
        <h2 id="history-heading">History</h2>
        <Exports name="history" query={queryOf(past)} />
      </div>
      <PastForm
        fields={[
          { key: 'user', name: 'User' },
          { key: 'branch', name: 'Branch' },
          { key: 'q', name: 'Text' },
        ]}
        choice="outcome"
      />
      {failure !== null && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      {first.answer?.statistics && <Spreads statistics={first.answer.statistics} />}
      <div className="section-head">
        <h3>Sessions</h3>
        <span className="section-note">
          {more === null ? count(rows.length) : `the newest ${count(rows.length)}`}
        </span>
      </div>
      <PastTable name="Sessions" columns={columns} rows={rows} keyOf={(row) => textIn(row, 'id')} />
      {rows.length === 0 && (
        <p className="empty">{first.answer === null ? 'Loading…' : 'No session in this range.'}</p>
      )}
      {more !== null && (
        <button type="button" className="more" onClick={more}>
          Show more
        </button>
      )}
      {first.answer?.refusals && first.answer.refusals.count > 0 && (
        <Refusals refusals={first.answer.refusals} />
      )}
    </section>
  );
}

/** Connections that the gateway refused: they have no session. */
function Refusals({
  refusals: { rows, count: of },
}: {
  readonly refusals: PastRefusals;
}): ReactNode {
  return (
    <>
      <div className="section-head below">
        <h3>Turned away</h3>
        <span className="section-note">
          {of === rows.length ? count(of) : `the newest ${count(rows.length)} of ${count(of)}`}
        </span>
      </div>
      <PastTable
        name="Turned away"
        columns={refusalColumns}
        rows={rows}
        keyOf={(row) => textIn(row, 'number')}
      />
    </>
  );
}

const refusalColumns: readonly PastColumn[] = [
  { name: 'When', cell: (row) => <Moment at={numberIn(row, 'at')} /> },
  {
    name: 'Who and why',
    className: 'command',
    cell: (row) => textIn(row, 'text'),
    title: (row) => textIn(row, 'text'),
  },
];

const columns: readonly PastColumn[] = [
  { name: 'Started', cell: (row) => <Moment at={numberIn(row, 'started_at')} /> },
  {
    name: 'PID',
    numeric: true,
    cell: (row) => <Link to={{ childId: textIn(row, 'id') }}>{textIn(row, 'pid')}</Link>,
  },
  { name: 'User', className: 'user', cell: (row) => textIn(row, 'user') },
  {
    name: 'Branch or command',
    className: 'command',
    cell: (row) => row['branch'] ?? textIn(row, 'command'),
    title: (row) => textIn(row, 'command'),
  },
  {
    name: 'End',
    cell: (row) => (
      <span
        className="ending"
        data-failed={isFailed(row)}
        data-limit={limitOf(textIn(row, 'cause', '')) ?? undefined}
      >
        {endingOf(row)}
      </span>
    ),
    title: (row) => textIn(row, 'cause', '') || undefined,
  },
  { name: 'Lasted', numeric: true, cell: (row) => between(row, 'started_at', 'ended_at') },
  { name: 'Start', numeric: true, cell: (row) => between(row, 'started_at', 'connected_at') },
  { name: 'Lock wait', numeric: true, cell: (row) => length(numberIn(row, 'lock_wait_ms')) },
  { name: 'CPU time', numeric: true, cell: (row) => length(sum(row, 'user_ms', 'system_ms')) },
  { name: 'Max RSS', numeric: true, cell: (row) => bytes(numberIn(row, 'max_rss_bytes')) },
  { name: 'Peer', className: 'peer', cell: (row) => textIn(row, 'peer') },
];

function endingOf(row: PastRow): string {
  if (row['ended_at'] === null) return 'running';
  const limit = limitOf(textIn(row, 'cause', ''));
  if (limit !== null) return limitMark(limit);
  if (row['exit_signal'] !== null) return textIn(row, 'exit_signal');
  const failure = failureOfStatus(numberIn(row, 'exit_code'));
  if (failure !== null) return failureWords(failure);
  return row['exit_code'] === null ? 'not seen' : `exit ${textIn(row, 'exit_code')}`;
}

function isFailed(row: PastRow): boolean {
  return row['exit_signal'] !== null || (row['exit_code'] !== null && row['exit_code'] !== 0);
}

function between(row: PastRow, from: string, to: string): string {
  const [start, end] = [numberIn(row, from), numberIn(row, to)];
  return start === null || end === null ? unknown : length(end - start);
}

function sum(row: PastRow, ...keys: readonly string[]): number | null {
  const numbers = keys.map((key) => numberIn(row, key)).filter((each) => each !== null);
  return numbers.length === 0 ? null : numbers.reduce((total, each) => total + each, 0);
}
