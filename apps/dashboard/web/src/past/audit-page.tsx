import type { ReactNode } from 'react';
import type { PastRow, PastRows } from '@hatchery/events';
import { address } from '../address/current-address.ts';
import { Moment } from '../parts/moment.tsx';
import { Link } from '../parts/link.tsx';
import { count } from '../parts/quantity.ts';
import { useCell } from '../store/use-cell.ts';
import { Exports, PastForm, queryOf } from './past-form.tsx';
import { PastTable, type PastColumn } from './past-table.tsx';
import { numberIn, textIn } from './told.ts';
import { usePages } from './use-pages.ts';

/** Who did what to whom, why, and what came of it. */
export function AuditPage(): ReactNode {
  const { past } = useCell(address);
  const { first, rows, more, failure } = usePages<PastRows>('audit', past);
  return (
    <section aria-labelledby="audit-heading" aria-busy={first.loading}>
      <div className="section-head">
        <h2 id="audit-heading">Audit</h2>
        <span className="section-note">{more === null ? count(rows.length) : `the newest ${count(rows.length)}`}</span>
        <Exports name="audit" query={queryOf(past)} />
      </div>
      <PastForm
        fields={[
          { key: 'actor', name: 'Actor' },
          { key: 'q', name: 'Text' },
        ]}
        withOutcome={false}
      />
      {failure !== null && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      <PastTable name="Actions" columns={columns} rows={rows} keyOf={(row) => textIn(row, 'number')} />
      {rows.length === 0 && (
        <p className="empty">{first.answer === null ? 'Loading…' : 'Nobody did anything in this range.'}</p>
      )}
      {more !== null && (
        <button type="button" className="more" onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}

const columns: readonly PastColumn[] = [
  { name: 'When', cell: (row) => <Moment at={numberIn(row, 'at')} /> },
  { name: 'Actor', className: 'user', cell: (row) => textIn(row, 'actor') },
  { name: 'Action', cell: (row) => textIn(row, 'verb') },
  { name: 'Target', className: 'target', cell: targetCell, title: (row) => titleOf(row) },
  { name: 'Reason', className: 'reason', cell: (row) => textIn(row, 'reason') },
  {
    name: 'Outcome',
    className: 'reason',
    cell: (row) => (
      <span className="ending" data-failed={textIn(row, 'outcome').startsWith('refused')}>
        {textIn(row, 'outcome', 'not known')}
      </span>
    ),
  },
  { name: 'From', cell: (row) => textIn(row, 'via') },
];

/** Of a lock its name, and how it was and became; its id says nothing to a reader. */
function targetCell(row: PastRow): ReactNode {
  const [target, name] = [textIn(row, 'target'), row['lock_name']];
  if (textIn(row, 'verb').startsWith('signal')) return <Link to={{ childId: target }}>{target}</Link>;
  if (typeof name !== 'string') return target;
  const states = [row['lock_before'], row['lock_after']].filter((state) => state !== null);
  return (
    <span className="target-lock">
      {name} <span className="quiet">{[textIn(row, 'lock_kind'), states.join(' → ')].join(': ')}</span>
    </span>
  );
}

function titleOf(row: PastRow): string {
  return [row['lock_path'], `id ${textIn(row, 'target')}`].filter((part) => part !== null).join(', ');
}
