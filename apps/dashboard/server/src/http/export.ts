import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { PastRow, PastRows } from '@hatchery/events';
import type { Cut } from '../history/query.ts';
import { exportRowsMax } from '../limits.ts';
import { safetyHeaders } from './answers.ts';

export type ExportKind = 'csv' | 'ndjson';

/** One export: where the rows come from, and what the file is called. */
export interface Export {
  readonly name: string;
  readonly kind: ExportKind;
  readonly read: (cut: Cut) => Promise<PastRows>;
}

/**
 * PastRows asked for at once: a slow reader of the export then holds a few hundred kB here, not the
 * whole of it.
 */
const rowsAtOnce = 1_000;

const types: Readonly<Record<ExportKind, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/**
 * Sends all rows of the view as a file, as fast as the reader takes them. A file that is cut short
 * says so in its last line.
 */
export async function sendExport(
  response: ServerResponse,
  { name, kind, read }: Export,
): Promise<void> {
  let rows = await read({ limit: rowsAtOnce, after: null });
  response.writeHead(200, {
    ...safetyHeaders,
    'cache-control': 'no-store',
    'content-type': types[kind],
    'content-disposition': `attachment; filename="hatchery-${name}.${kind}"`,
  });
  const columns = Object.keys(rows.rows[0] ?? {});
  if (kind === 'csv') response.write(csvLine(columns));
  for (let sent = 0; !response.destroyed;) {
    const text = rows.rows.map((row) => lineOf(kind, columns, row)).join('');
    if (text !== '' && !response.write(text))
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    sent += rows.rows.length;
    if (rows.next === null) break;
    if (sent >= exportRowsMax) {
      response.write(
        kind === 'csv' ? csvLine([cutNotice]) : `${JSON.stringify({ notice: cutNotice })}\n`,
      );
      break;
    }
    rows = await read({ limit: rowsAtOnce, after: rows.next });
  }
  response.end();
}

const cutNotice = `cut after ${exportRowsMax} rows; narrow the filter or the range for the rest`;

function lineOf(kind: ExportKind, columns: readonly string[], row: PastRow): string {
  return kind === 'ndjson'
    ? `${JSON.stringify(row)}\n`
    : csvLine(columns.map((column) => row[column] ?? ''));
}

/**
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe: commands and
 * reasons are typed by anybody.
 */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
