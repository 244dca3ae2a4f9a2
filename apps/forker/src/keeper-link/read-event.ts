import { isShowable } from '@hatchery/display';
import { failureKinds, isChildRusage } from '@hatchery/events';
import { isChildId } from '@hatchery/protocol';
import { reportTextCharactersMax } from '../limits.ts';
import type { KeeperEvent } from './messages.ts';

/**
 * What of a value cannot be: the path below it, as `.details.startedAt`; `''` for the value itself,
 * null when all of it holds.
 */
type Check = (value: unknown) => string | null;
type Kind = KeeperEvent['event'];

/**
 * What begins with a child's word. The keeper has judged it (apps/forker/zygote/claims.py) and said
 * whose it is; whatever still is wrong with one must not cost us the keeper, or a child could take
 * that.
 */
const fromChildren: ReadonlySet<string> = new Set<Kind>([
  'connected',
  'log',
  'lock',
  'failed',
  'condemned',
]);

const that =
  (holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? null : '';
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= reportTextCharactersMax;
const text = that(isText);
/** Fit to be shown: a terminal's cursor does not move by it. */
const line = that((value) => isText(value) && isShowable(value));
const flag = that((value) => typeof value === 'boolean');
const integer = (most: number, least = 0): Check =>
  that(
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  );
const instantMs = integer(8.64e15);
const count = integer(Number.MAX_SAFE_INTEGER);
/** PID_MAX_LIMIT of Linux on 64 bits (proc(5), /proc/sys/kernel/pid_max). */
const pid = integer(4_194_304, 1);
const id = that((value) => typeof value === 'string' && isChildId(value));
const path = that((value) => isText(value) && value.startsWith('/') && !value.includes('\0'));
const oneOf = (...words: readonly string[]): Check =>
  that((value) => typeof value === 'string' && words.includes(value));
const seconds = that((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value)
      ? firstWrong(value.map((item, index) => [String(index), check(item)]))
      : '';
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    const own = (name: string): unknown =>
      Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return firstWrong(Object.entries(fields).map(([name, check]) => [name, check(own(name))]));
  };

function firstWrong(
  fields: readonly (readonly [name: string, below: string | null])[],
): string | null {
  const wrong = fields.find(([, below]) => below !== null);
  return wrong === undefined ? null : `.${wrong[0]}${wrong[1] ?? ''}`;
}

const details = record({
  user: orNull(text),
  peer: orNull(text),
  command: text,
  startedAt: that((value) => isText(value) && !Number.isNaN(Date.parse(value))),
});

/**
 * Each field of each kind. Other fields than these are ignored: a newer keeper may have more to
 * say.
 */
const fieldsOf: { readonly [K in Kind]: Readonly<Record<string, Check>> } = {
  hello: {
    format: count,
    pid,
    children: listOf(record({ id, pid, directory: path, connected: flag, details })),
    readyAtMs: instantMs,
  },
  alive: {},
  'zygote.ready': { pid, modules: count, startedInMs: count, readyAtMs: instantMs, tried: flag },
  'zygote.failed': {
    step: text,
    message: text,
    stderr: listOf(text),
    attempts: count,
    failedAtMs: instantMs,
    retryInMs: integer(86_400_000),
    servingPid: orNull(pid),
  },
  'zygote.rejected': { step: text, message: text, stderr: listOf(text) },
  'zygote.died': { status: integer(0xffff), cause: orNull(text) },
  'zygote.none': { tried: flag },
  started: { id, pid, directory: path },
  refused: { id, reason: text },
  connected: { id },
  exited: {
    id,
    pid,
    directory: path,
    status: integer(0xffff),
    rusage: that(isChildRusage),
    leftBehind: flag,
    details,
  },
  log: { id, text },
  lock: {
    id,
    path,
    nonce: orNull(text),
    atS: seconds,
    lost: count,
    action: oneOf('opened', 'acquired', 'taken-up', 'contended', 'gave-up', 'released', 'broken'),
  },
  failed: {
    id,
    kind: oneOf(...failureKinds),
    verb: line,
    path: line,
    cause: line,
    traceback: text,
  },
  condemned: { id, reason: text },
  signalled: { id, sent: flag },
};

/** The words of every kind, for a test that shows each. */
export const eventKinds: readonly string[] = Object.keys(fieldsOf);

/** A line that is no event. */
export interface NoEvent {
  /**
   * The field that is missing or cannot be, as `details.startedAt`; null where it is no message at
   * all, or none that is known here.
   */
  readonly field: string | null;
  /**
   * True of a child's word, and of a kind that only a newer keeper knows: such a line is left out.
   * Anything else costs us the keeper.
   */
  readonly harmless: boolean;
}

/** What one line of the keeper says. Never throws. */
export function readEvent(line: string): KeeperEvent | NoEvent {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return { field: null, harmless: false };
  }
  const noKind = record({ event: text })(message);
  if (noKind !== null) return { field: noKind === '' ? null : noKind.slice(1), harmless: false };
  const { event } = message as { event: string };
  if (!Object.hasOwn(fieldsOf, event)) return { field: null, harmless: true };
  const wrong = record(fieldsOf[event as Kind])(message);
  return wrong === null
    ? (message as KeeperEvent)
    : { field: wrong.slice(1), harmless: fromChildren.has(event) };
}
