import type { ServerResponse } from 'node:http';
import { ControlError, controlRequest } from '@hatchery/event-feed';
import { roleRefusal } from '../actions/verbs.ts';
import type { Person } from '../sign-in/person.ts';
import { sendJson, sendRefusal } from './answers.ts';
import { decodeSegment } from './request-address.ts';

/** What the route asks, and how a viewer becomes more. */
export interface ChildLogParts {
  readonly controlSocket: string;
  readonly signIn: { readonly way: string };
}

/**
 * `GET /api/children/:id/log` → the fork service's answer, `{lines: [{at, text}], cut}`; for
 * operators, since a traceback shows paths of the machine. False when the address is another.
 */
export async function answerChildLog(
  { controlSocket, signIn }: ChildLogParts,
  person: Person,
  path: string,
  response: ServerResponse,
): Promise<boolean> {
  const id = decodeSegment(/^\/api\/children\/([^/]+)\/log$/.exec(path)?.[1] ?? '');
  if (!id) return false;
  const refusal = roleRefusal(person, { least: 'operator' }, signIn.way);
  if (refusal !== null) {
    sendRefusal(response, refusal);
    return true;
  }
  try {
    const told = await controlRequest(
      controlSocket,
      'GET',
      `/v1/children/${encodeURIComponent(id)}/log`,
    );
    sendJson(response, 200, told);
  } catch (error) {
    sendRefusal(response, wording(error as Error));
  }
  return true;
}

function wording(error: Error): { readonly status: number; readonly error: string } {
  if (!(error instanceof ControlError))
    return { status: 503, error: 'The forker gives no answer; its log tells why.' };
  if (error.message.endsWith('is not answered here'))
    return {
      status: 501,
      error: 'The running forker is older than this page and cannot tell; restart it.',
    };
  if (error.status === 404)
    return { status: 404, error: 'The forker knows no such child (any more).' };
  return { status: 502, error: `The forker refused: ${error.message}` };
}
