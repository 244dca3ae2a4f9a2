import { randomUUID } from 'node:crypto';
import type { HistoryRecord } from '../history/record.ts';
import type { ActionAnswer } from './forker-action.ts';
import type { Verb } from './verbs.ts';

/** Where the audit is kept. */
export interface AuditTrail {
  /** Puts records on the disk; false when that is not certain in a moment. */
  write(records: readonly HistoryRecord[]): Promise<boolean>;
  /** The log of the dashboard, which has every action whatever the disk does. */
  log(line: Readonly<{ [key: string]: unknown }>, message: string): void;
}

/**
 * Does something with the intent on record before and the outcome after. A history that cannot be written stops nobody:
 * a full disk may be what there is to mend. The log has the action then, and the answer says so.
 */
export async function audited(
  trail: AuditTrail,
  { name: verb, target, body: { reason } }: Verb,
  actor: string,
  act: () => Promise<ActionAnswer>,
): Promise<ActionAnswer> {
  const ownId = randomUUID();
  const intent = { actor, verb, target, reason };
  trail.log({ ownId, ...intent }, 'action requested');
  const kept = await trail.write([{ type: 'intent', at: Date.now(), ...intent, ownId, actionId: null }]);
  const { status, body } = await act();
  const outcome =
    status < 400 ? (textIn(body, 'outcome') ?? 'sent') : `refused (${status}): ${textIn(body, 'error') ?? ''}`;
  trail.log({ ownId, status, answer: body }, 'action answered');
  const finished = await trail.write([{ type: 'outcome', at: Date.now(), ownId, actionId: null, outcome }]);
  const notice = 'The history could not be written; this action stands in the log of the dashboard only.';
  return { status, body: kept && finished ? body : { ...body, notice } };
}

function textIn(body: ActionAnswer['body'], key: string): string | null {
  const value = body[key];
  return typeof value === 'string' ? value : null;
}
