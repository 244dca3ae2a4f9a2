// Long: a short handler for each route of one server.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { constants } from 'node:os';
import { controlGuard, createGuardedServer, StartError, type Logger } from '@hatchery/daemon';
import {
  controlBodyBytesMax,
  readControlBody,
  readDrainDeadline,
  serveFeed,
  type EventLog,
} from '@hatchery/event-feed';
import type { ForkerLoad } from '@hatchery/events';
import type { ForkService } from '../children/forking/fork-service.ts';
import { answerReadOnlyRequest } from '../read-only/read-only-request.ts';
import type { Leftovers } from '../leftovers/leftovers.ts';
import type { ReadOnlySwitch } from '../read-only/read-only-switch.ts';
import { answerLockRequest, type LockActions } from '../locks/lock-requests.ts';

/** What the control socket acts on. */
export interface ControlContext {
  readonly service: ForkService;
  readonly locks: LockActions;
  readonly leftovers: Pick<Leftovers, 'find' | 'collect'>;
  readonly readOnly: ReadOnlySwitch;
  readonly events: EventLog;
  readonly log: Logger;
  /** What `GET /v1/state` says besides the view. */
  readonly status: () => object;
  /** What `GET /v1/load` says. */
  readonly load: () => ForkerLoad;
  /** Why no session can be started now; null when one can. */
  readonly outage: () => string | null;
  /** Begins the end of this process alone: keeper, zygote and children stay for the next one. */
  readonly leave: () => void;
  /**
   * Leaves everything to a forker that is up, by its pid.
   * @throws {StartError} when it has not offered itself, or its zygote does not come up; then all
   * is as it was
   */
  readonly handOver: (pid: number) => Promise<void>;
}

/** An answer: its HTTP status and its JSON body. */
interface Answer {
  readonly status: number;
  readonly body: object;
}

const alreadyStops = 'the service stops, which nothing takes back; start it again';

/**
 * HTTP on the control socket: the feed, the state, and what an operator may do. Its file mode is
 * the access control. Requests wait until there is somebody to ask.
 */
export function createControlServer(asked: ControlContext | Promise<ControlContext>): Server {
  return createGuardedServer(controlGuard, (request, response) => {
    void Promise.resolve(asked).then((context) => respond(context, request, response));
  });
}

function respond(
  context: ControlContext,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // By hand: `new URL` throws for what a client may send, as `//`.
  const [path = ''] = (request.url ?? '').split('?', 1);
  if (request.method === 'GET' && path === '/v1/events')
    return serveFeed(context.events, request, response);
  void answer(context, request, path)
    .catch((error: unknown) => {
      context.log.error({ err: error, path }, 'control request failed');
      return refuse(500, 'the fork service failed; see its log');
    })
    .then((result) => send(response, result));
}

async function answer(
  context: ControlContext,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  if (request.method === 'GET' && path === '/v1/state') {
    const { events } = context;
    return {
      status: 200,
      body: { ...events.position, version: events.version, view: events.view, ...context.status() },
    };
  }
  // The gateway asks often, so it is not given the whole state. A stop is none of its business: it
  // waits for a successor.
  if (request.method === 'GET' && path === '/v1/drained')
    return { status: 200, body: { ...context.service.intake.orders, outage: context.outage() } };
  if (request.method === 'GET' && path === '/v1/load') return { status: 200, body: context.load() };
  if (request.method === 'GET' && path === '/v1/leftovers')
    return { status: 200, body: await context.leftovers.find() };
  const logged = /^\/v1\/children\/([^/]+)\/log$/.exec(path)?.[1];
  if (request.method === 'GET' && logged !== undefined) return childLog(context, logged);
  const ended = /^\/v1\/children\/([^/]+)\/ending$/.exec(path)?.[1];
  if (request.method === 'GET' && ended !== undefined) return childEnding(context, ended);
  if (request.method !== 'POST')
    return refuse(405, `${request.method} ${path} is not answered here`);
  const body = await readControlBody(request);
  if (body === null)
    return refuse(400, `the body is no JSON object of at most ${controlBodyBytesMax} bytes`);
  const { actor, reason } = body;
  if (typeof actor !== 'string' || typeof reason !== 'string' || actor === '' || reason === '') {
    return refuse(400, 'actor and reason are required: they go into the audit');
  }
  const child = /^\/v1\/children\/([^/]+)\/signal$/.exec(path)?.[1];
  // An id needs no percent-encoding (libs/protocol, `isChildId`), so nothing is decoded.
  if (child !== undefined) return signalChild(context, child, { ...body, actor, reason });
  if (path === '/v1/drain') return drain(context, body['deadlineS'], actor, reason);
  if (path === '/v1/undrain') return undrain(context, actor, reason);
  if (path === '/v1/read-only') return answerReadOnlyRequest(context, { ...body, actor, reason });
  if (path === '/v1/leftovers/collect') return collect(context, actor, reason);
  if (path === '/v1/restart') return restart(context, actor, reason);
  if (path === '/v1/hand-over') return handOver(context, body, actor, reason);
  const locked = await answerLockRequest(context, path, { ...body, actor, reason });
  return locked ?? refuse(404, `${path} is not answered here`);
}

/** What a child has logged; empty for one that logged nothing, or before this process. */
function childLog({ service, events }: ControlContext, id: string): Answer {
  const isKnown =
    service.registry.has(id) || events.view.recentChildren.some((one) => one.id === id);
  const log = service.logs.of(id);
  return isKnown || log.lines.length > 0
    ? { status: 200, body: log }
    : refuse(404, `there is no child ${id}`);
}

/** Why a child has ended, and the line for its user. */
function childEnding({ service }: ControlContext, id: string): Answer {
  const ending = service.endings.of(id);
  return ending === null
    ? refuse(404, `nothing is known of an end of child ${id}`)
    : { status: 200, body: ending };
}

function signalChild(
  context: ControlContext,
  id: string,
  body: Record<string, unknown> & { actor: string; reason: string },
): Answer {
  const { signal, actor, reason } = body;
  if (typeof signal !== 'string' || !Object.hasOwn(constants.signals, signal)) {
    return refuse(400, `signal takes a name as SIGTERM, not ${JSON.stringify(signal)}`);
  }
  const { service, events } = context;
  const child = service.registry.find(id)?.child;
  if (child === undefined) {
    const ended = events.view.recentChildren.some((one) => one.id === id);
    return ended
      ? refuse(409, `child ${id} has ended already`)
      : refuse(404, `there is no child ${id}`);
  }
  const other = (['pid', 'startTime'] as const).some(
    (key) => body[key] !== undefined && body[key] !== child[key],
  );
  if (other) return refuse(412, `child ${id} is not the process that was looked at; look again`);
  return act(context, { actor, reason, verb: `signal ${signal}`, target: id }, () =>
    service.signal(id, signal as NodeJS.Signals, `${signal} by ${actor}: ${reason}`)
      ? 'sent'
      : 'it had ended',
  );
}

/** Answers with what was collected; the log names each. */
async function collect(context: ControlContext, actor: string, reason: string): Promise<Answer> {
  const actionId = randomUUID();
  const intent = { actor, reason, verb: 'collect leftovers', target: 'hosting root' };
  context.events.publish({ kind: 'action.requested', actionId, ...intent });
  const collected = await context.leftovers.collect();
  const outcome = `${collected.length} collected`;
  context.events.publish({ kind: 'action.done', actionId, outcome });
  context.log.info({ actionId, ...intent, outcome }, 'action done');
  return { status: 200, body: collected };
}

/**
 * The process ends, and whoever supervises it starts the next; sessions go on, and their clients
 * attach by id.
 */
function restart(context: ControlContext, actor: string, reason: string): Answer {
  if (context.service.intake.isStopping) return refuse(409, alreadyStops);
  return act(context, { actor, reason, verb: 'restart', target: 'forker' }, () => {
    context.leave();
    return 'begun';
  });
}

/**
 * On record like all that changes the service. Its zygote takes a while, during which everything
 * else goes on.
 */
async function handOver(
  context: ControlContext,
  body: Record<string, unknown>,
  actor: string,
  reason: string,
): Promise<Answer> {
  const { events, log } = context;
  const { pid } = body;
  if (typeof pid !== 'number') return refuse(400, 'pid names the forker that takes over');
  const actionId = randomUUID();
  events.publish({
    kind: 'action.requested',
    actionId,
    actor,
    reason,
    verb: 'hand over',
    target: 'forker',
  });
  const done = (outcome: string): void => {
    events.publish({ kind: 'action.done', actionId, outcome });
    log.info({ actionId, actor, reason, successor: pid, outcome }, 'hand-over');
  };
  try {
    await context.handOver(pid);
    done('begun');
    return { status: 202, body: { actionId, outcome: 'begun' } };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    done(`refused: ${error.message}`);
    return refuse(409, error.message);
  }
}

function drain(context: ControlContext, deadlineS: unknown, actor: string, reason: string): Answer {
  const { intake } = context.service;
  if (intake.isStopping) return refuse(409, alreadyStops);
  let deadline: Date | null;
  try {
    deadline = readDrainDeadline(deadlineS, new Date());
  } catch (error) {
    return refuse(400, (error as Error).message);
  }
  return act(context, { actor, reason, verb: 'drain', target: 'forker' }, () => {
    intake.drain(true, actor, deadline, reason);
    return 'done';
  });
}

function undrain(context: ControlContext, actor: string, reason: string): Answer {
  const { intake } = context.service;
  if (intake.isStopping) return refuse(409, alreadyStops);
  return act(context, { actor, reason, verb: 'undrain', target: 'forker' }, () => {
    intake.drain(false, actor);
    return 'done';
  });
}

/** Intent is on record before anything is done, the outcome after. */
function act(
  context: ControlContext,
  intent: { actor: string; reason: string; verb: string; target: string },
  perform: () => string,
): Answer {
  const actionId = randomUUID();
  context.events.publish({ kind: 'action.requested', actionId, ...intent });
  context.log.info({ actionId, ...intent }, 'action requested');
  const outcome = perform();
  context.events.publish({ kind: 'action.done', actionId, outcome });
  context.log.info({ actionId, outcome }, 'action done');
  return { status: 202, body: { actionId, outcome } };
}

function refuse(status: number, error: string): Answer {
  return { status, body: { error } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
