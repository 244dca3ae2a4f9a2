import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readings } from '../readings.ts';
import type { Access, Refusal } from '../sign-in/access.ts';
import { act, type ActionParts } from './action-routes.ts';
import { sendJson, sendNotice, sendRefusal, sendText } from './answers.ts';
import { answerHistory, type HistoryParts } from './history-routes.ts';
import { metricsText } from './metrics.ts';
import { requestAddress } from './request-address.ts';
import type { PageFiles } from './page-files.ts';
import type { SignInPage } from './sign-in-page.ts';

/** What the routes are made of. */
export interface RoutesParts extends ActionParts, HistoryParts {
  readonly access: Access;
  readonly signInPage: SignInPage;
  readonly page: PageFiles;
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
  return read(parts, url, request, response);
}

async function read(parts: RoutesParts, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { readings, page } = parts;
  const path = url.pathname;
  if (path === '/metrics') return sendText(response, 200, metricsText(readings.metrics()));
  if (path === '/api/state') return sendJson(response, 200, readings.state());
  if (path === '/api/doctor') return sendJson(response, 200, await readings.doctor());
  if (await answerHistory(parts, url, response)) return;
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
