import type { ReactNode } from 'react';
import type { PastAudit, PastRow } from '@hatchery/events';
import { address } from '../address/current-address.ts';
import { Moment } from '../parts/moment.tsx';
import { Link } from '../parts/link.tsx';
import { count } from '../parts/quantity.ts';
import { useCell } from '../store/use-cell.ts';
import { Exports, PastForm, queryOf } from './past-form.tsx';
import { PastTable, type PastColumn } from './past-table.tsx';
import { numberIn, textIn } from './told.ts';
import { usePages } from './use-pages.ts';

/** The entries of `hatchery audit`, with its words and column names. */
export function AuditPage(): ReactNode {
  const { past } = useCell(address);
  const { first, rows, more, failure } = usePages<PastAudit>('audit', past);
  const numbered = rows.map((row, number) => ({ ...row, number }));
  return (
    <section aria-labelledby="audit-heading" aria-busy={first.loading}>
      <div className="section-head">
        <h2 id="audit-heading">Audit</h2>
        <span className="section-note">
          {more === null ? count(rows.length) : `the newest ${count(rows.length)}`}
        </span>
        <Exports name="audit" query={queryOf(past)} />
      </div>
      <PastForm
        fields={[
          { key: 'user', name: 'Who' },
          { key: 'q', name: 'Text' },
        ]}
        choice="kind"
      />
      {failure !== null && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      <PastTable
        name="Audit"
        columns={columns}
        rows={numbered}
        keyOf={(row) => textIn(row, 'number')}
      />
      {rows.length === 0 && <p className="empty">{emptyText(first.answer, more !== null)}</p>}
      {first.answer !== null && first.answer.damaged > 0 && (
        <p className="empty">
          {count(first.answer.damaged)} damaged lines of the audit were skipped.
        </p>
      )}
      {more !== null && (
        <button type="button" className="more" onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}

function emptyText(answer: PastAudit | null, hasMore: boolean): string {
  if (answer === null) return 'Loading…';
  return hasMore
    ? 'No such entry among the newest; Show more looks further back.'
    : 'No such entry in this range.';
}

const columns: readonly PastColumn[] = [
  { name: 'When', cell: (row) => <Moment at={numberIn(row, 'at')} /> },
  { name: 'Who', className: 'user', cell: (row) => textIn(row, 'who') },
  { name: 'What', className: 'target', cell: whatCell },
  { name: 'From', cell: (row) => textIn(row, 'from') },
  {
    name: 'Why',
    className: 'reason',
    cell: (row) => (
      <span className="ending" data-failed={isRefused(row)}>
        {textIn(row, 'why')}
      </span>
    ),
  },
];

/** An entry about a session links to it, also long after its end. */
function whatCell(row: PastRow): ReactNode {
  const { child_id: childId = null } = row;
  const what = textIn(row, 'what');
  return childId === null ? what : <Link to={{ childId: String(childId) }}>{what}</Link>;
}

function isRefused(row: PastRow): boolean {
  return (
    ['refusal', 'failure'].includes(textIn(row, 'kind')) || textIn(row, 'what').endsWith(' refused')
  );
}
