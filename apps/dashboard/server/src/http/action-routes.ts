import type { IncomingMessage, ServerResponse } from 'node:http';
import { audited, refused, type AuditTrail } from '../actions/audited.ts';
import { askForker } from '../actions/forker-action.ts';
import { breakLock, drain, roleRefusal, signalChild, type Verb } from '../actions/verbs.ts';
import type { Readings } from '../readings.ts';
import type { Refusal } from '../sign-in/access.ts';
import type { Person } from '../sign-in/person.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { sendJson, sendRefusal } from './answers.ts';
import { readJsonBody } from './body.ts';
import type { RequestBudget } from './request-budget.ts';
import { decodeSegment } from './request-address.ts';

/** What acting needs. */
export interface ActionParts {
  readonly controlSocket: string;
  readonly signIn: SignIn;
  readonly budget: RequestBudget;
  readonly readings: Readings;
  readonly trail: AuditTrail;
}

/** Answers a POST: who asks, what exactly, may they, then audit, act, audit. */
export async function act(
  parts: ActionParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const person = parts.signIn.access.actor(request);
  if ('status' in person) return sendRefusal(response, person);
  const lapsed = parts.signIn.lapsed?.(request) ?? null;
  if (lapsed !== null) return sendRefusal(response, lapsed);
  if (!parts.budget.take(person.name)) return refuseExcess(response);
  const body = await readJsonBody(request);
  if ('status' in body) {
    // The rest of a refused body is not read, so the connection cannot be used again.
    response.setHeader('connection', 'close');
    return sendRefusal(response, body);
  }
  const verb = verbOf(parts.readings, path, body.object, person);
  if ('status' in verb) return sendRefusal(response, verb);
  const refusal = roleRefusal(person, verb, parts.signIn.way);
  if (refusal !== null) {
    const { name, target, body: said } = verb;
    refused(parts.trail, { verb: name, target, reason: said.reason }, person.name, refusal.error);
    return sendRefusal(response, refusal);
  }
  const answer = await audited(parts.trail, verb, person.name, () =>
    askForker(parts.controlSocket, verb),
  );
  sendJson(response, answer.status, answer.body);
}

/** 429: the person has a script that runs wild, or many pages. */
export function refuseExcess(response: ServerResponse): void {
  response.setHeader('retry-after', '5');
  sendRefusal(response, {
    status: 429,
    error: 'Too many requests of one user; wait a few seconds.',
  });
}

function verbOf(
  readings: Readings,
  path: string,
  fields: Readonly<Record<string, unknown>>,
  person: Person,
): Verb | Refusal {
  const [, api, noun, segment, verb, ...rest] = path.split('/');
  const id = segment === undefined ? undefined : decodeSegment(segment);
  if (api !== 'api' || rest.length > 0) return nothingAt(path);
  if ((noun === 'drain' || noun === 'undrain') && id === undefined)
    return drain(noun, fields, person.name);
  if (noun === 'children' && verb === 'signal' && id) return signalChild(id, fields, person.name);
  if (noun === 'locks' && verb === 'break' && id)
    return breakLock(id, fields, readings.lock(id), person.name);
  return nothingAt(path);
}

function nothingAt(path: string): Refusal {
  return { status: 404, error: `There is no action at ${path}.` };
}
