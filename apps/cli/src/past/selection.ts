import { auditDirectory, type Config } from '@hatchery/config';
import { readAudit, type AuditEntry } from '@hatchery/event-feed';
import { UsageError, type Invocation, type Options } from '../command.ts';

/** Options of every command about the past. */
export const selectionOptions = {
  json: { type: 'boolean' },
  since: { type: 'string' },
  user: { type: 'string' },
  limit: { type: 'string' },
} as const;

/** {@link selectionOptions} in a synopsis. */
export const selectionSynopsis = '[--since TIME] [--user NAME] [--limit N] [--json]';

/** The help text of {@link selectionOptions}, for a command with the defaults `fallback`. */
export function selectionHelp(fallback: SelectionFallback): string {
  return [
    `--since TIME  an age such as 30min, 2h or 3d, or a date in UTC such as 2026-11-21 or 2026-11-21T09:30 (default ${fallback.since})`,
    `--limit N     show the newest N at most (default ${fallback.limit})`,
  ].join('\n');
}

/** The defaults for a query of the past. */
export interface SelectionFallback {
  readonly since: string;
  readonly limit: number;
}

/** A query of the past. */
export interface Selection {
  readonly since: Date;
  readonly user: string | null;
  readonly limit: number;
}

const unitsMs = {
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;

/** More than anybody reads; to get everything, read the files. */
const limitMax = 1_000_000;

/** Reads {@link selectionOptions}. @throws {UsageError} that shows how to write a value */
export function readSelection(options: Options, fallback: SelectionFallback, now: Date): Selection {
  const { since = fallback.since, user = null, limit } = options;
  if (user === '') throw new UsageError('--user is empty');
  return {
    since: readSince(String(since), now),
    user: user === null ? null : String(user),
    limit: limit === undefined ? fallback.limit : readLimit(String(limit)),
  };
}

/**
 * `30min`, `2h`, `3d`, `1w` ago, or a date such as `2026-11-21`, `2026-11-21T09:30`, in UTC unless
 * it has a zone.
 */
function readSince(text: string, now: Date): Date {
  const [, number, unit] = /^(\d{1,6}) ?(s|min|m|h|d|w)$/.exec(text) ?? [];
  if (number !== undefined)
    return new Date(now.getTime() - Number(number) * unitsMs[unit as keyof typeof unitsMs]);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const date = new Date(
    /T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`,
  );
  if (isDate && !Number.isNaN(date.getTime())) return date;
  throw new UsageError(
    `--since takes an age as 30min, 2h or 3d, or a date as 2026-11-21T09:30, not '${text}'`,
  );
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= limitMax) return limit;
  throw new UsageError(`--limit takes a number from 1 to ${limitMax}, not '${text}'`);
}

/**
 * The newest entries for which `pick` gives a result, newest first; reports the number of damaged
 * lines.
 * @throws an Error that says who may read the audit when we may not
 */
export function selectEntries<E>(
  { config, say }: Pick<Invocation, 'config' | 'say'>,
  { since, limit }: Pick<Selection, 'since' | 'limit'>,
  pick: (entry: AuditEntry) => E | null,
): E[] {
  const damaged = new Map<string, number>();
  const troubles = new Set<string>();
  const selected: E[] = [];
  const query = {
    directory: auditDirectory(config),
    since,
    damaged: (path: string, trouble?: string) => {
      if (trouble !== undefined) troubles.add(trouble);
      else damaged.set(path, (damaged.get(path) ?? 0) + 1);
    },
  };
  try {
    for (const entry of readAudit(query)) {
      const picked = pick(entry);
      if (picked === null) continue;
      selected.push(picked);
      if (selected.length === limit) break;
    }
  } catch (error) {
    throw hindrance(config, error as NodeJS.ErrnoException);
  }
  if (selected.length === limit) say(`there may be more than these ${limit}; --limit shows more`);
  for (const [path, count] of damaged)
    say(`${count} damaged line${count === 1 ? '' : 's'} of ${path} skipped`);
  for (const trouble of troubles) say(trouble);
  return selected;
}

function hindrance(config: Config, cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'EACCES' && cause.code !== 'EPERM') return cause;
  const directory = auditDirectory(config);
  return new Error(
    `${directory} is not for this user; run it with sudo, or as the user that the service runs as`,
    {
      cause,
    },
  );
}

/** The text when nothing matches. `what` is in the singular, such as `session`. */
export function nothingFits(what: string, { since, user }: Selection): string {
  const whose = user === null ? '' : ` of ${user}`;
  return `no ${what}${whose} since ${shownInstant(since.toISOString())}; --since looks further back\n`;
}

/** An instant to the second, in UTC, such as `2026-11-21 09:31:02Z`. */
export function shownInstant(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')}Z`;
}
