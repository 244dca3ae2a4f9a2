import { failureKinds, isChildRusage } from '@hatchery/events';
import { isChildId } from '@hatchery/protocol';
import { reportTextCharactersMax } from '../limits.ts';
import type { KeeperEvent } from './messages.ts';

type Check = (value: unknown) => boolean;
type Kind = KeeperEvent['event'];

/**
 * What begins with a child's word. The keeper has judged it (apps/forker/zygote/claims.py) and said whose it is; whatever still is wrong with one
 * must not cost us the keeper, or a child could take that.
 */
const fromChildren: ReadonlySet<string> = new Set<Kind>(['connected', 'log', 'lock', 'failed', 'condemned']);

const text: Check = (value) => typeof value === 'string' && value.length <= reportTextCharactersMax;
/** Fit to be shown: a terminal's cursor does not move by it. */
const line: Check = (value) => text(value) && !/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(value as string);
const flag: Check = (value) => typeof value === 'boolean';
const integer =
  (most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
const instantMs = integer(8.64e15);
const count = integer(Number.MAX_SAFE_INTEGER);
/** PID_MAX_LIMIT of Linux on 64 bits (proc(5), /proc/sys/kernel/pid_max). */
const pid: Check = (value) => integer(4_194_304)(value) && value !== 0;
const id: Check = (value) => typeof value === 'string' && isChildId(value);
const path: Check = (value) => text(value) && (value as string).startsWith('/') && !(value as string).includes('\0');
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const seconds: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && hold(value, fields);

const details = record({
  user: orNull(text),
  peer: orNull(text),
  command: text,
  startedAt: (value) => text(value) && !Number.isNaN(Date.parse(value as string)),
});

/** Each field of each kind. Other fields than these are ignored: a newer keeper may have more to say. */
const fieldsOf: { readonly [K in Kind]: Readonly<Record<string, Check>> } = {
  hello: {
    pid,
    children: listOf(record({ id, pid, directory: path, connected: flag, details })),
    readyAtMs: orAbsent(instantMs),
    answersPings: orAbsent(flag),
  },
  alive: {},
  'zygote.ready': { pid, modules: count, startedInMs: count, readyAtMs: orAbsent(instantMs), tried: flag },
  'zygote.failed': {
    ...{ step: text, message: text, stderr: listOf(text), attempts: count },
    ...{ failedAtMs: instantMs, retryInMs: integer(86_400_000), servingPid: orNull(pid) },
  },
  'zygote.rejected': { step: text, message: text, stderr: listOf(text) },
  'zygote.died': { status: integer(0xffff), cause: orAbsent(orNull(text)) },
  'zygote.none': { tried: flag },
  started: { id, pid, directory: path },
  refused: { id, reason: text },
  connected: { id },
  exited: {
    ...{ id, pid, directory: path, status: integer(0xffff) },
    ...{ rusage: isChildRusage, leftBehind: flag, details },
  },
  log: { id, text },
  lock: {
    ...{ id, path, nonce: orNull(text), atS: seconds, lost: count },
    action: oneOf('opened', 'acquired', 'taken-up', 'contended', 'gave-up', 'released', 'broken'),
  },
  failed: {
    ...{ id, kind: oneOf(...failureKinds), verb: line, path: line, cause: line },
    traceback: text,
  },
  condemned: { id, reason: text },
  signalled: { id, sent: flag },
};

/**
 * What one line of the keeper says. `unbelieved` is a child's word that no child says, or a kind that only a newer keeper knows: it is left out.
 * `nonsense` is anything else that the keeper does not say. Never throws.
 */
export function readEvent(line: string): KeeperEvent | 'nonsense' | 'unbelieved' {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return 'nonsense';
  }
  if (!record({ event: text })(message)) return 'nonsense';
  const { event } = message as { event: string };
  if (!Object.hasOwn(fieldsOf, event)) return 'unbelieved';
  if (hold(message as object, fieldsOf[event as Kind])) return message as KeeperEvent;
  return fromChildren.has(event) ? 'unbelieved' : 'nonsense';
}

function hold(value: object, fields: Readonly<Record<string, Check>>): boolean {
  return Object.entries(fields).every(([name, check]) =>
    check(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined),
  );
}
