import type { Lock, Role } from '@hatchery/events';
import { lookOf, type LockLook } from '../history/record.ts';
import { reasonCharactersMax } from '../limits.ts';
import type { Refusal } from '../sign-in/access.ts';
import type { Person } from '../sign-in/person.ts';

/** A request to the forker that has been checked: where it goes and what it says. */
export interface Verb {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly reason: string };
  readonly least: Role;
  /** What the audit calls it; the forker uses the same words in its own events. */
  readonly name: string;
  readonly target: string;
  readonly noun: Noun;
  /** The lock as this server sees it, when the target is one that it knows. */
  readonly lock: LockLook | null;
}

/** What is acted on; it decides how a refusal is worded. */
export type Noun = 'child' | 'lock' | 'service';

type Fields = Readonly<Record<string, unknown>>;

const signals: ReadonlyMap<unknown, Role> = new Map([
  ['TERM', 'operator'],
  ['KILL', 'admin'],
]);
const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/**
 * `POST /api/children/:id/signal` `{signal, reason, pid, startTime}`: the last two say which
 * process was looked at.
 */
export function signalChild(id: string, fields: Fields, actor: string): Verb | Refusal {
  const { signal, pid, startTime } = fields;
  const reason = reasonOf(fields);
  if (reason === null) return reasonMissing;
  const least = signals.get(signal);
  if (least === undefined)
    return { status: 400, error: `'signal' has to be one of ${[...signals.keys()].join(', ')}.` };
  if (!isNatural(pid) || !isNatural(startTime)) {
    return {
      status: 400,
      error: "'pid' and 'startTime' have to be the numbers of the process that was looked at.",
    };
  }
  const name = `signal SIG${String(signal)}`;
  const body = { signal: `SIG${String(signal)}`, actor, reason, pid, startTime };
  return {
    path: `/v1/children/${encodeURIComponent(id)}/signal`,
    body,
    least,
    name,
    target: id,
    noun: 'child',
    lock: null,
  };
}

/**
 * `POST /api/locks/:id/break` `{reason, nonce, force}`: the nonce names the acquisition that was
 * looked at; `force` breaks under a holder that may be alive. `known` is the lock as this server
 * sees it.
 */
export function breakLock(
  id: string,
  fields: Fields,
  known: Lock | undefined,
  actor: string,
): Verb | Refusal {
  const { nonce, force = false } = fields;
  const reason = reasonOf(fields);
  if (reason === null) return reasonMissing;
  if (nonce !== null && (typeof nonce !== 'string' || nonce === ''))
    return {
      status: 400,
      error: "'nonce' has to be that of the lock that was looked at, or null when it has none.",
    };
  if (typeof force !== 'boolean') return { status: 400, error: "'force' has to be true or false." };
  const holderIsDead = known?.condition === 'stale' || known?.condition === 'orphaned';
  const body = { actor, reason, nonce, force };
  return {
    path: `/v1/locks/${encodeURIComponent(id)}/break`,
    body,
    least: force || !holderIsDead ? 'admin' : 'operator',
    name: force ? 'break-lock --force' : 'break-lock',
    target: id,
    noun: 'lock',
    lock: known === undefined ? null : lookOf(known),
  };
}

/** `POST /api/drain` and `/api/undrain` `{reason}`. */
export function drain(verb: 'drain' | 'undrain', fields: Fields, actor: string): Verb | Refusal {
  const reason = reasonOf(fields);
  if (reason === null) return reasonMissing;
  return {
    path: `/v1/${verb}`,
    body: { actor, reason },
    least: 'admin',
    name: verb,
    target: 'forker',
    noun: 'service',
    lock: null,
  };
}

/**
 * Null when the person may do it; else what stands in the way and how to get past, which is `way`
 * for a viewer.
 */
export function roleRefusal(
  person: Person,
  { least }: Pick<Verb, 'least'>,
  way: string,
): Refusal | null {
  if (ranks[person.role] >= ranks[least]) return null;
  const remedy = person.role === 'viewer' ? ` ${way}` : '';
  return { status: 403, error: `This needs the role ${least}; you are ${person.role}.${remedy}` };
}

const reasonMissing: Refusal = {
  status: 400,
  error: `'reason' has to be a text of 1 to ${reasonCharactersMax} characters.`,
};

function reasonOf({ reason }: Fields): string | null {
  if (typeof reason !== 'string') return null;
  const text = reason.trim();
  return text !== '' && text.length <= reasonCharactersMax ? text : null;
}

function isNatural(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
