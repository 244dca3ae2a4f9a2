import type { ReactNode } from 'react';
import type { PastRow } from '@hatchery/events';

/** A column of a table of the past. */
export interface PastColumn {
  readonly name: string;
  readonly numeric?: boolean;
  readonly className?: string;
  readonly cell: (row: PastRow) => ReactNode;
  readonly title?: (row: PastRow) => string | undefined;
}

interface PastTableProps {
  readonly name: string;
  readonly columns: readonly PastColumn[];
  readonly rows: readonly PastRow[];
  readonly keyOf: (row: PastRow) => string;
}

/**
 * The roles are explicit because the narrow layout changes `display`, which removes a table's own
 * roles.
 */
export function PastTable({ name, columns, rows, keyOf }: PastTableProps): ReactNode {
  return (
    <div className="scroller tall" role="region" aria-label={`Table of ${name}`} tabIndex={0}>
      <table role="table" aria-label={name}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.name}
                role="columnheader"
                scope="col"
                className={column.numeric ? 'number' : undefined}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map(({ name: head, numeric, className, cell, title }) => (
                <td
                  key={head}
                  role="cell"
                  data-name={head}
                  className={
                    [numeric ? 'number' : '', className ?? ''].join(' ').trim() || undefined
                  }
                  title={title?.(row)}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
