import { randomUUID } from 'node:crypto';
import type { Logger } from '@hatchery/daemon';
import { isShowable } from '@hatchery/display';
import type { EventLog } from '@hatchery/event-feed';
import type { ReadOnlySwitch } from './read-only-switch.ts';

/** What the request acts on. */
export interface ReadOnlyContext {
  readonly readOnly: ReadOnlySwitch;
  readonly events: EventLog;
  readonly log: Logger;
}

/** Users see it as one line among ours in their terminals. */
const reasonCharactersMax = 200;

/**
 * Answers `POST /v1/read-only` `{on, actor, reason}` → 202 `{actionId, outcome}`, 409 when the
 * configuration sets it, 500 when the disk cannot be written. The audit gets the intent before
 * anything is done, and the outcome after.
 */
export function answerReadOnlyRequest(
  { readOnly, events, log }: ReadOnlyContext,
  {
    on,
    actor,
    reason,
  }: Readonly<Record<string, unknown>> & { readonly actor: string; readonly reason: string },
): { readonly status: number; readonly body: object } {
  if (typeof on !== 'boolean') return refuse(400, 'on takes true or false');
  if (reason.length > reasonCharactersMax || !isShowable(reason))
    return refuse(
      400,
      `the reason is shown to users: one line of at most ${reasonCharactersMax} characters`,
    );
  if (!on && readOnly.isConfigured)
    return refuse(
      409,
      'hosting.read_only is set in hatchery.toml: take it out there and restart the fork service',
    );
  const actionId = randomUUID();
  const intent = { actor, reason, verb: `read-only ${on ? 'on' : 'off'}`, target: 'hosting' };
  events.publish({ kind: 'action.requested', actionId, ...intent });
  log.info({ actionId, ...intent }, 'action requested');
  const failure = attempt(() =>
    on ? readOnly.turnOn(reason, actor, new Date()) : readOnly.turnOff(),
  );
  const outcome = failure === null ? 'done' : `failed: ${failure}`;
  events.publish({ kind: 'action.done', actionId, outcome });
  log.info({ actionId, outcome }, 'action done');
  return failure === null ? { status: 202, body: { actionId, outcome } } : refuse(500, failure);
}

function attempt(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function refuse(status: number, error: string): { readonly status: number; readonly body: object } {
  return { status, body: { error } };
}
