import type { ServerResponse } from 'node:http';
import type { PastRows, PastSessions } from '@hatchery/events';
import { HistoryError, type History } from '../history/history.ts';
import type { AuditFilter, Cut } from '../history/query.ts';
import { refusalsToldMax, rowsPerPageMax } from '../limits.ts';
import { sendJson, sendRefusal } from './answers.ts';
import { sendExport, type ExportKind } from './export.ts';
import { auditFilter, sessionFilter, timelineRange } from './history-filters.ts';
import { decodeSegment } from './request-address.ts';

/** Where the past comes from. */
export interface HistoryParts {
  readonly history: Pick<History, 'ask'>;
}

/**
 * `GET /api/history` → `{rows, next, statistics}`, `/api/audit` → `{rows, next}`, both as `.csv`
 * and `.ndjson` too, `/api/timeline`, `/api/children/:id`. False when the address is none of these.
 */
export async function answerHistory(
  { history }: HistoryParts,
  url: URL,
  response: ServerResponse,
): Promise<boolean> {
  const reply = routeOf(history, url);
  if (reply === null) return false;
  try {
    await reply(response);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    if (response.headersSent) response.destroy();
    else sendRefusal(response, { status: 503, error: error.message });
  }
  return true;
}

type Reply = (response: ServerResponse) => Promise<void>;

function routeOf(history: HistoryParts['history'], { pathname, searchParams }: URL): Reply | null {
  const [, name, kind] = /^\/api\/(history|audit)(?:\.(csv|ndjson))?$/.exec(pathname) ?? [];
  if (name !== undefined && kind !== undefined)
    return exportOf(history, name, kind as ExportKind, searchParams);
  if (name === 'history') return historyPage(history, searchParams);
  if (name === 'audit') return auditPage(history, searchParams);
  if (pathname === '/api/timeline') {
    const { from, to } = timelineRange(searchParams, Date.now());
    return async (response) =>
      sendJson(response, 200, await history.ask({ name: 'timeline', from, to }));
  }
  const id = decodeSegment(/^\/api\/children\/([^/]+)$/.exec(pathname)?.[1] ?? '');
  if (!id) return null;
  return async (response) => sendJson(response, 200, await history.ask({ name: 'child', id }));
}

function historyPage(history: HistoryParts['history'], parameters: URLSearchParams): Reply {
  return async (response) => {
    const filter = sessionFilter(parameters, Date.now());
    if ('status' in filter) return sendRefusal(response, filter);
    const after = parameters.get('after');
    const rows = await history.ask({
      name: 'sessions',
      filter,
      cut: { limit: rowsPerPageMax, after },
    });
    // The next rows of a list change nothing about its percentiles.
    const statistics = after === null ? await history.ask({ name: 'statistics', filter }) : null;
    // Nobody who was refused has a branch or an end.
    const ofAll = after === null && filter.branch === null && filter.outcome === 'any';
    const refusals = ofAll
      ? await history.ask({ name: 'refusals', filter, limit: refusalsToldMax })
      : null;
    const told: PastSessions = { ...rows, statistics, refusals };
    sendJson(response, 200, { ...told, filter });
  };
}

function auditPage(history: HistoryParts['history'], parameters: URLSearchParams): Reply {
  return async (response) => {
    const filter = auditFilter(parameters, Date.now());
    if ('status' in filter) return sendRefusal(response, filter);
    const cut = { limit: rowsPerPageMax, after: parameters.get('after') };
    sendJson(response, 200, { ...(await history.ask({ name: 'audit', filter, cut })), filter });
  };
}

/** Goes on until there is a row: an answer that has looked through enough comes without one. */
function auditRows(
  history: HistoryParts['history'],
  filter: AuditFilter,
): (cut: Cut) => Promise<PastRows> {
  return async (cut) => {
    for (let after = cut.after; ;) {
      const rows = await history.ask({ name: 'audit', filter, cut: { ...cut, after } });
      if (rows.rows.length > 0 || rows.next === null) return rows;
      after = rows.next;
    }
  };
}

function exportOf(
  history: HistoryParts['history'],
  name: string,
  kind: ExportKind,
  parameters: URLSearchParams,
): Reply {
  return async (response) => {
    const now = Date.now();
    if (name === 'audit') {
      const filter = auditFilter(parameters, now);
      if ('status' in filter) return sendRefusal(response, filter);
      return sendExport(response, { name, kind, read: auditRows(history, filter) });
    }
    const filter = sessionFilter(parameters, now);
    if ('status' in filter) return sendRefusal(response, filter);
    return sendExport(response, {
      name,
      kind,
      read: (cut) => history.ask({ name: 'sessions', filter, cut }),
    });
  };
}
