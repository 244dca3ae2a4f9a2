import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readings } from '../readings.ts';
import { act, refuseExcess, type ActionParts } from './action-routes.ts';
import { answerChildLog } from './child-log-route.ts';
import { safetyHeaders, sendJson, sendNotice, sendRefusal, sendText } from './answers.ts';
import { askLoad } from './forker-load.ts';
import { answerHistory, type HistoryParts } from './history-routes.ts';
import { metricsText } from './metrics.ts';
import { requestAddress } from './request-address.ts';
import type { PageFiles } from './page-files.ts';
import type { Refusal } from '../sign-in/access.ts';
import type { Person } from '../sign-in/person.ts';
import { answerSignIn, refuseVisitor } from './sign-in-routes.ts';

/** What the routes are made of. */
export interface RoutesParts extends ActionParts, HistoryParts {
  readonly page: PageFiles;
  /** Who reads the metrics without a sign-in: no name of a user is in them. */
  readonly isScraper: (socket: Socket) => boolean;
  /** Why somebody gets no live stream besides those that are open, or null. */
  readonly liveRefusal: (person: Person) => Refusal | null;
}

/** Answers one HTTP request. Never rejects: what goes wrong is an answer. */
export async function answer(
  parts: RoutesParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { signIn, budget, readings } = parts;
  const url = requestAddress(request);
  if (url === null)
    return sendRefusal(response, { status: 400, error: 'The request names no address.' });
  if (url.pathname === '/healthz') return sendText(response, 200, 'ok\n');
  if (url.pathname === '/readyz') return sendReadiness(readings, response);
  const home = new URL(signIn.site.homeOf(request)).pathname;
  if (home !== '/' && `${url.pathname}/` === home) return sendOn(home, response);
  if (await answerSignIn(signIn, url, request, response)) return;
  if (request.method === 'POST') return act(parts, url.pathname, request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD, POST');
    return sendRefusal(response, {
      status: 405,
      error: `There is no ${request.method ?? ''} here.`,
    });
  }
  const isOpen =
    url.pathname === '/metrics' &&
    parts.isScraper(request.socket) &&
    signIn.site.strange(request) === null;
  if (isOpen) return sendMetrics(parts, response);
  const visitor = signIn.access.visitor(request);
  if ('status' in visitor) return refuseVisitor(signIn, url, visitor, response);
  if (!budget.take(visitor.name)) return refuseExcess(response);
  if (url.pathname === '/live') return explainLive(parts, url, visitor, request, response);
  if (await answerChildLog(parts, visitor, url.pathname, response)) return;
  return read(parts, url, request, response);
}

/** To the page below its path, for somebody who has left out the slash. */
function sendOn(home: string, response: ServerResponse): void {
  response.writeHead(308, { ...safetyHeaders, location: home, 'content-length': 0 });
  response.end();
}

/**
 * A browser does not tell its page why a WebSocket was refused; asked here, with the page's origin,
 * the server does.
 */
function explainLive(
  { signIn, liveRefusal }: RoutesParts,
  url: URL,
  visitor: Person,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const origin = url.searchParams.get('from') ?? undefined;
  const { host } = request.headers;
  const refusal = signIn.site.foreign({ headers: { origin, host } }) ?? liveRefusal(visitor);
  response.setHeader('upgrade', 'websocket');
  sendRefusal(response, refusal ?? { status: 426, error: 'The live stream is a WebSocket.' });
}

async function read(
  parts: RoutesParts,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { readings, page } = parts;
  const path = url.pathname;
  if (path === '/metrics') return sendMetrics(parts, response);
  if (path === '/api/state') return sendJson(response, 200, readings.state());
  if (path === '/api/doctor') return sendJson(response, 200, await readings.doctor());
  if (await answerHistory(parts, url, response)) return;
  if (page.send(path, request, response)) return;
  sendNothing(path, request, response);
}

/** A person gets a page that leads on, a program the reason. */
function sendNothing(path: string, request: IncomingMessage, response: ServerResponse): void {
  const sentence = `There is nothing at ${path}.`;
  const isPerson =
    !path.startsWith('/api/') && String(request.headers.accept ?? '').includes('text/html');
  if (!isPerson) return sendRefusal(response, { status: 404, error: sentence });
  sendNotice(response, 404, {
    title: 'Not found',
    sentence,
    link: { to: '/', text: 'The live page' },
  });
}

async function sendMetrics(
  { readings, controlSocket }: RoutesParts,
  response: ServerResponse,
): Promise<void> {
  const load = await askLoad(controlSocket);
  sendText(response, 200, await metricsText(readings.metrics(), load));
}

function sendReadiness(readings: Readings, response: ServerResponse): void {
  const { feed } = readings;
  if (feed.up) sendText(response, 200, 'ready\n');
  else sendText(response, 503, `no feed since ${feed.since}: ${feed.reason}\n`);
}
