import { randomUUID } from 'node:crypto';
import type { AuditBody } from '@hatchery/event-feed';
import type { HistoryRecord } from '../history/record.ts';
import type { ActionAnswer } from './forker-action.ts';
import type { Noun, Verb } from './verbs.ts';

/** Where the audit is kept. */
export interface AuditTrail {
  /** Puts records on the disk; false when that is not certain in a moment. */
  write(records: readonly HistoryRecord[]): Promise<boolean>;
  /**
   * Whether the forker's own event log reaches the disk: it has every intent before the forker acts
   * on it.
   */
  forkerKeeps(): Promise<boolean>;
  /** What the service has no record of, for it never acted. */
  audit(entry: AuditBody): void;
  /** The log of the dashboard, which has every action whatever the disk does. */
  log(line: Readonly<{ [key: string]: unknown }>, message: string): void;
}

/**
 * Does something with the intent on a disk before and the outcome after. Without the history the
 * forker's event log is that disk; without both nothing is done from here. Who has to act all the
 * same does so on the host, where the command line asks the forker without this page.
 */
export async function audited(
  trail: AuditTrail,
  { name: verb, target, noun, lock, body: { reason } }: Verb,
  actor: string,
  act: () => Promise<ActionAnswer>,
): Promise<ActionAnswer> {
  const ownId = randomUUID();
  const intent = { actor, verb, target, reason };
  trail.log({ ownId, ...intent }, 'action requested');
  const kept = await trail.write([
    { type: 'intent', at: Date.now(), ...intent, via: 'dashboard', ownId, actionId: null, lock },
  ]);
  const { status, body } = kept || (await trail.forkerKeeps()) ? await act() : unrecorded(noun);
  const outcome =
    status < 400
      ? (textIn(body, 'outcome') ?? 'sent')
      : `refused (${status}): ${textIn(body, 'error') ?? ''}`;
  trail.log({ ownId, status, answer: body }, 'action answered');
  if (status >= 400) refused(trail, { verb, target, reason }, actor, outcome);
  const finished = await trail.write([
    { type: 'outcome', at: Date.now(), ownId, actionId: null, outcome, lockAfter: null },
  ]);
  if (status >= 400 || (kept && finished)) return { status, body };
  const notice = kept
    ? 'Its outcome could not be written to the history; it stands in the logs.'
    : 'The history could not be written; this action stands in the event log of the fork service.';
  return {
    status,
    body: {
      ...body,
      notice: [textIn(body, 'notice'), notice].filter((text) => text !== null).join(' '),
    },
  };
}

/**
 * Puts into the audit what somebody asked for and did not get; `cause` is in the words that they
 * read.
 */
export function refused(
  trail: Pick<AuditTrail, 'audit'>,
  action: { readonly verb: string; readonly target: string; readonly reason: string },
  actor: string,
  cause: string,
): void {
  trail.audit({ kind: 'action.refused', actor, ...action, cause });
}

const commands: Readonly<Record<Noun, string>> = {
  child: './hatchery kill',
  lock: './hatchery break-lock',
  service: './hatchery drain or undrain',
};

function unrecorded(noun: Noun): ActionAnswer {
  const error = `Nothing was done: neither the history nor the event log of the fork service can be written, so nobody would know of it. Make room on the disk, or use ${commands[noun]} on the host.`;
  return { status: 503, body: { error } };
}

function textIn(body: ActionAnswer['body'], key: string): string | null {
  const value = body[key];
  return typeof value === 'string' ? value : null;
}
