import type { IncomingMessage, ServerResponse } from 'node:http';
import { askForker } from '../actions/forker-action.ts';
import { drain, roleRefusal, signalChild, type Verb } from '../actions/verbs.ts';
import type { Readings } from '../readings.ts';
import type { Access, Refusal } from '../sign-in/access.ts';
import type { Person } from '../sign-in/sessions.ts';
import { sendJson, sendNotice, sendRefusal, sendText } from './answers.ts';
import { readJsonBody } from './body.ts';
import { metricsText } from './metrics.ts';
import { decodeSegment, requestAddress } from './request-address.ts';
import type { PageFiles } from './page-files.ts';
import type { SignInPage } from './sign-in-page.ts';

/** What the routes are made of. */
export interface RoutesParts {
  readonly access: Access;
  readonly signInPage: SignInPage;
  readonly page: PageFiles;
  readonly readings: Readings;
  readonly controlSocket: string;
  /** Told of each action before it is asked for, and of its outcome after. */
  readonly audit: (line: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Answers one HTTP request. Never rejects: what goes wrong is an answer. */
export async function answer(parts: RoutesParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = requestAddress(request);
  if (url === null) return sendRefusal(response, { status: 400, error: 'The request names no address.' });
  if (url.pathname === '/healthz') return sendText(response, 200, 'ok\n');
  if (url.pathname === '/readyz') return sendReadiness(parts.readings, response);
  if (request.method === 'POST') return act(parts, url.pathname, request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD, POST');
    return sendRefusal(response, { status: 405, error: `There is no ${request.method ?? ''} here.` });
  }
  const visitor = parts.access.visitor(request);
  // The link is what an unsigned visitor has to be able to open; a wrong name in `Host` still stops it.
  if (url.pathname === '/sign-in' && !('status' in visitor && visitor.status === 403)) {
    return parts.signInPage.open(url.searchParams.get('token') ?? '', response);
  }
  if ('status' in visitor) return refuseVisitor(url.pathname, visitor, response);
  read(parts, url.pathname, request, response);
}

function read({ readings, page }: RoutesParts, path: string, request: IncomingMessage, response: ServerResponse): void {
  if (path === '/metrics') return sendText(response, 200, metricsText(readings.metrics()));
  if (path === '/api/state') return sendJson(response, 200, readings.state());
  if (page.send(path, request, response)) return;
  sendRefusal(response, { status: 404, error: `There is nothing at ${path}.` });
}

function sendReadiness(readings: Readings, response: ServerResponse): void {
  const { feed } = readings;
  if (feed.up) sendText(response, 200, 'ready\n');
  else sendText(response, 503, `no feed since ${feed.since}: ${feed.reason}\n`);
}

function refuseVisitor(path: string, refusal: Refusal, response: ServerResponse): void {
  if (path.startsWith('/api/') || path === '/metrics' || refusal.status !== 401) return sendRefusal(response, refusal);
  sendNotice(response, refusal.status, 'Not signed in', refusal.error);
}

async function act(
  parts: RoutesParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const person = parts.access.actor(request);
  if ('status' in person) return sendRefusal(response, person);
  const body = await readJsonBody(request);
  if ('status' in body) {
    // The rest of a refused body is not read, so the connection cannot be used again.
    response.setHeader('connection', 'close');
    return sendRefusal(response, body);
  }
  const verb = verbOf(path, body.object, person);
  if ('status' in verb) return sendRefusal(response, verb);
  const refusal = roleRefusal(person, verb);
  if (refusal !== null) return sendRefusal(response, refusal);
  parts.audit({ actor: person.name, path: verb.path, ...verb.body }, 'action requested');
  const answer = await askForker(parts.controlSocket, verb.path, verb.body);
  parts.audit({ actor: person.name, path: verb.path, status: answer.status, answer: answer.body }, 'action answered');
  sendJson(response, answer.status, answer.body);
}

function verbOf(path: string, fields: Readonly<Record<string, unknown>>, person: Person): Verb | Refusal {
  const [, api, noun, segment, verb, ...rest] = path.split('/');
  const id = segment === undefined ? undefined : decodeSegment(segment);
  if (api !== 'api' || rest.length > 0) return nothingAt(path);
  if ((noun === 'drain' || noun === 'undrain') && id === undefined) return drain(noun, fields, person.name);
  if (noun === 'children' && verb === 'signal' && id) return signalChild(id, fields, person.name);
  if (noun === 'locks' && verb === 'break' && id) {
    return { status: 501, error: 'Locks cannot be broken from this page yet. Use `hatchery break-lock`.' };
  }
  return nothingAt(path);
}

function nothingAt(path: string): Refusal {
  return { status: 404, error: `There is no action at ${path}.` };
}
