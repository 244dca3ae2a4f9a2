import { auditKinds, type AuditKind } from '@hatchery/event-feed';
import type { AuditFilter, SessionFilter } from '../history/query.ts';
import type { Refusal } from '../sign-in/access.ts';

const hour = 60 * 60 * 1_000;
const dayMs = 24 * hour;

/** `range=` in the words of the page. */
const ranges: Readonly<Record<string, number>> = {
  '15m': hour / 4,
  '1h': hour,
  '6h': 6 * hour,
  '1d': dayMs,
  '7d': 7 * dayMs,
  '30d': 30 * dayMs,
};
const outcomes = ['any', 'failed', 'killed', 'ok', 'running'] as const;

/**
 * `?range=1h` or `?from=…&to=…` (RFC 3339), `user`, `branch`, `q`, `outcome`; what is absent does
 * not narrow.
 */
export function sessionFilter(parameters: URLSearchParams, now: number): SessionFilter | Refusal {
  const span = spanOf(parameters, now);
  if ('status' in span) return span;
  const outcome = outcomes.find((each) => each === (parameters.get('outcome') ?? 'any'));
  if (outcome === undefined)
    return { status: 400, error: `'outcome' has to be one of ${outcomes.join(', ')}.` };
  return {
    ...span,
    user: word(parameters, 'user'),
    branch: word(parameters, 'branch'),
    text: word(parameters, 'q'),
    outcome,
  };
}

/** As {@link sessionFilter}, with `kind` in the words of `hatchery audit`, `user` and `q`. */
export function auditFilter(parameters: URLSearchParams, now: number): AuditFilter | Refusal {
  const span = spanOf(parameters, now);
  if ('status' in span) return span;
  const words = Object.keys(auditKinds) as AuditKind[];
  const asked = word(parameters, 'kind');
  const kind = words.find((each) => each === asked) ?? null;
  if (kind === null && asked !== null)
    return { status: 400, error: `'kind' has to be one of ${words.join(', ')}.` };
  return { ...span, kind, user: word(parameters, 'user'), text: word(parameters, 'q') };
}

/** `?minutes=15`, up to a day; ends now. */
export function timelineRange(
  parameters: URLSearchParams,
  now: number,
): { readonly from: number; readonly to: number } {
  const minutes = Number(parameters.get('minutes') ?? 15);
  const length = minutes > 0 ? Math.min(minutes * 60_000, dayMs) : hour / 4;
  return { from: now - length, to: now };
}

function spanOf(
  parameters: URLSearchParams,
  now: number,
): { readonly from: number; readonly to: number } | Refusal {
  const [from, to] = [instant(parameters, 'from'), instant(parameters, 'to')];
  if (Number.isNaN(from) || Number.isNaN(to))
    return { status: 400, error: "'from' and 'to' have to be instants as 2026-11-21T06:00:00Z." };
  const length = ranges[parameters.get('range') ?? '1d'];
  if (length === undefined || !Object.hasOwn(ranges, parameters.get('range') ?? '1d'))
    return { status: 400, error: `'range' has to be one of ${Object.keys(ranges).join(', ')}.` };
  // The end is open by a moment, so that what begins now is in it.
  const span = { from: from ?? (to ?? now) - length, to: to ?? now + 60_000 };
  return span.from < span.to ? span : { status: 400, error: "'from' has to be before 'to'." };
}

function instant(parameters: URLSearchParams, name: string): number | null {
  const text = word(parameters, name);
  return text === null ? null : Date.parse(text);
}

function word(parameters: URLSearchParams, name: string): string | null {
  const text = parameters.get(name)?.trim() ?? '';
  return text === '' ? null : text.slice(0, 500);
}
