import { setTimeout as delay } from 'node:timers/promises';
import { breakLock, type BreakContext } from './break-lock.ts';
import { scanAnswerMsMax } from './limits.ts';

/** The part of the locks that the control socket needs. */
export type LockActions = BreakContext['locks'];

/** An answer: its HTTP status and its JSON body. */
export interface LockAnswer {
  readonly status: number;
  readonly body: object;
}

/**
 * Answers `POST /v1/locks/scan` → 200 `{directories}`, null when the scan continues after this
 * answer; and `POST /v1/locks/:id/break` `{actor, reason, nonce?, force?}` → 202 `{actionId,
 * outcome}`, 404 no such lock, 409 it may not or could not be broken, 412 another acquisition by
 * now. Null for any other path.
 */
export async function answerLockRequest(
  context: BreakContext,
  path: string,
  body: Readonly<Record<string, unknown>> & { readonly actor: string; readonly reason: string },
): Promise<LockAnswer | null> {
  if (path === '/v1/locks/scan') return scan(context);
  const id = /^\/v1\/locks\/([0-9a-f]+)\/break$/.exec(path)?.[1];
  if (id === undefined) {
    return /^\/v1\/locks\/[^/]+\/break$/.test(path)
      ? refuse(404, 'there is no lock of such an id')
      : null;
  }
  const { nonce, force = false, actor, reason } = body;
  if (nonce !== undefined && nonce !== null && typeof nonce !== 'string')
    return refuse(400, 'nonce takes a text');
  if (typeof force !== 'boolean') return refuse(400, 'force takes true or false');
  const result = await breakLock(context, { id, nonce: nonce ?? null, force, actor, reason });
  return 'refused' in result
    ? refuse(result.status, result.refused)
    : { status: 202, body: { actionId: result.actionId, outcome: result.outcome } };
}

async function scan({ locks }: BreakContext): Promise<LockAnswer> {
  const answered = new AbortController();
  const late = delay(scanAnswerMsMax, null, { signal: answered.signal }).catch(() => null);
  const directories = await Promise.race([locks.scan(), late]).finally(() => answered.abort());
  return { status: 200, body: { directories } };
}

function refuse(status: number, error: string): LockAnswer {
  return { status, body: { error } };
}
