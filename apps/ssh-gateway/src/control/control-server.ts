import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { controlGuard, createGuardedServer, type HttpGuard, type Logger } from '@hatchery/daemon';
import {
  controlBodyBytesMax,
  readControlBody,
  serveFeed,
  type EventLog,
} from '@hatchery/event-feed';
import type { ActionEvent } from '@hatchery/events';
import { expositionText } from '@hatchery/metrics';
import { readAction } from './recorded-action.ts';
import type { WorkerReport } from '../worker/worker.ts';

/** What the gateway shows of itself, and what an operator may do to it. */
export interface Controlled {
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: (entry: ActionEvent) => void;
  readonly report: () => Promise<WorkerReport>;
  /** Null when it takes connections, else why it does not. */
  readonly unready: (report: WorkerReport) => string | null;
  /** What `GET /v1/state` says besides the report. */
  readonly status: () => object;
  /**
   * Does what a verb says and returns what came of it; null for a verb that is none. @throws an
   * Error in words for the operator
   */
  readonly act: (verb: string, body: Readonly<Record<string, unknown>>) => Promise<string> | null;
}

/** Prometheus, balancers and people who look; each asks and leaves. */
const statusGuard: HttpGuard = { ...controlGuard, perPeerMax: 50 };

interface Answer {
  readonly status: number;
  readonly body: string | object;
}

/**
 * HTTP on the control socket: `GET /v1/events`, `/v1/state`, `/healthz`, `/readyz`, `/metrics`;
 * `POST /v1/drain` `{actor, reason, deadlineS?}`, `/v1/undrain` and `/v1/reload` `{actor, reason}`,
 * `/v1/disconnect` `{actor, reason, user, fingerprints?}`, and `/v1/audit` with an action that a
 * command records. The socket's mode is the access control.
 */
export function createControlServer(controlled: Controlled): Server {
  return createGuardedServer(controlGuard, (request, response) => {
    if (request.method === 'GET' && pathOf(request) === '/v1/events')
      return serveFeed(controlled.events, request, response);
    respond(controlled, request, response, answerControl);
  });
}

/** Health and metrics alone, for a TCP port that anybody may reach. */
export function createStatusServer(controlled: Controlled): Server {
  return createGuardedServer(statusGuard, (request, response) =>
    respond(controlled, request, response, answerStatus),
  );
}

type Answering = (
  controlled: Controlled,
  request: IncomingMessage,
  path: string,
) => Promise<Answer>;

function respond(
  controlled: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): void {
  const path = pathOf(request);
  void answering(controlled, request, path)
    .catch((error: unknown) => {
      controlled.log.error({ err: error, path, fault: 'system' }, 'control request not answered');
      return refuse(500, 'the gateway failed; see its log');
    })
    .then(({ status, body }) => {
      const type =
        typeof body === 'string' ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json';
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
    });
}

async function answerStatus(
  controlled: Controlled,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(405, `${path} is only read`);
  switch (path) {
    case '/healthz':
      return { status: 200, body: 'ok\n' };
    case '/readyz': {
      const why = controlled.unready(await controlled.report());
      return why === null ? { status: 200, body: 'ready\n' } : { status: 503, body: `${why}\n` };
    }
    case '/metrics':
      return { status: 200, body: await expositionText((await controlled.report()).families) };
    default:
      return refuse(404, `${path} is not answered here`);
  }
}

async function answerControl(
  controlled: Controlled,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  if (request.method === 'GET' && path === '/v1/state') {
    const { sessions, connections, ready } = await controlled.report();
    const { events } = controlled;
    const own = { ...events.position, version: events.version, view: events.view };
    return { status: 200, body: { ...own, ...controlled.status(), ready, connections, sessions } };
  }
  if (request.method === 'POST') return act(controlled, request, path);
  return answerStatus(controlled, request, path);
}

/** Intent is on record before anything is done, the outcome after. */
async function act(
  controlled: Controlled,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  const body = await readControlBody(request);
  if (body !== null && path === '/v1/audit') return record(controlled, body);
  if (body === null)
    return refuse(400, `the body is no JSON object of at most ${controlBodyBytesMax} bytes`);
  const { actor, reason } = body;
  if (typeof actor !== 'string' || typeof reason !== 'string' || actor === '' || reason === '')
    return refuse(400, 'actor and reason are required: they go into the audit');
  const verb = /^\/v1\/(\w+)$/.exec(path)?.[1] ?? '';
  if (!['drain', 'undrain', 'reload', 'disconnect'].includes(verb))
    return refuse(404, `${path} is not answered here`);
  const { log } = controlled;
  const actionId = randomUUID();
  const target = typeof body['user'] === 'string' ? body['user'] : 'ssh-gateway';
  const intent = { actionId, actor, verb, target, reason };
  tell(controlled, { kind: 'action.requested', ...intent });
  log.info(intent, 'action requested');
  let answer: Answer;
  // As the person who asked reads it.
  let outcome: string;
  try {
    const told = await controlled.act(verb, body);
    outcome = told ?? 'done';
    answer = { status: 202, body: { actionId, outcome: told } };
  } catch (error) {
    outcome = `failed: ${(error as Error).message}`;
    answer = refuse(409, (error as Error).message);
  }
  tell(controlled, { kind: 'action.done', actionId, outcome });
  log.info({ actionId, outcome }, 'action done');
  return answer;
}

/** What a command does by itself, as to the files of users, and the page is to hear of. */
function record(controlled: Controlled, body: Readonly<Record<string, unknown>>): Answer {
  const entry = readAction(body);
  if (entry === null) return refuse(400, 'the body is no action that the audit takes');
  tell(controlled, entry);
  return { status: 202, body: {} };
}

function tell({ events, audit }: Controlled, event: ActionEvent): void {
  events.publish(event);
  audit(event);
}

/** By hand: `new URL` throws for what a client may send, as `//`. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuse(status: number, error: string): Answer {
  return { status, body: { error } };
}
