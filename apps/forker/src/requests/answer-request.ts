import type { Logger } from '@hatchery/daemon';
import type { ForkRequest, Request } from '@hatchery/protocol';
import type { ForkService } from '../children/forking/fork-service.ts';
import { ForkRefusal, RequesterLeft, type Forked } from '../children/forking/forked.ts';
import type { AnswerTimes } from './answer-times.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Relay } from './relay.ts';
import type { Reply } from './request-connection.ts';
import type { Requester } from './requester.ts';

/** What the answers need besides the fork service. */
export interface AnswerContext {
  readonly service: ForkService;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  readonly times: AnswerTimes;
  /** Begins the shutdown ladder, on that one's word. */
  readonly quit: (requester: Requester) => void;
  /** The status record that `hello` logs. */
  readonly status: () => object;
  /** The way to the forker that takes over from this one, or null. */
  readonly relay: () => Pick<Relay, 'request'> | null;
}

/** Answers one request (docs/reference/fork-protocol.md#requests-and-answers). */
export function answerRequest(
  context: AnswerContext,
  request: Request,
  reply: Reply,
  requester: Requester,
): void {
  const { service, log, times } = context;
  const relay = context.relay();
  if (relay !== null) return relay.request(request, reply);
  switch (request.kind) {
    case 'hello':
      log.info(context.status(), 'hello');
      return reply(
        { kind: 'alive' },
        { last: true, delivered: () => times.answered('hello', requester.acceptedAtMs) },
      );
    case 'quit':
      // Before the answer closes the connection, by which alone it is known who asks.
      context.quit(requester);
      return reply({ kind: 'quitting' }, { last: true });
    case 'child-connect-timeout':
      service.queue.childConnectTimeoutS = request.seconds;
      return reply({ kind: 'ok' }, { last: true });
    case 'fork':
      return void answerFork(context, request, reply, requester);
    case 'attach':
      return void answerAttach(context, request.id, reply);
    default:
      return request satisfies never;
  }
}

async function answerFork(
  context: AnswerContext,
  request: ForkRequest,
  reply: Reply,
  requester: Requester,
): Promise<void> {
  try {
    const child = await context.service.fork(request, requester.left);
    await answerChild(child, reply, () => {
      // It does not know the directory of pipes, so nobody will ever open them.
      context.service.signal(child.id, 'SIGKILL', 'the client left before its answer');
    });
  } catch (error) {
    const { acceptedAtMs } = requester;
    refuse(context, error as Error, reply, () => context.times.answered('refusal', acceptedAtMs));
  }
}

async function answerAttach(context: AnswerContext, id: string, reply: Reply): Promise<void> {
  try {
    const child = context.service.attach(id);
    if (child === null)
      throw new ForkRefusal(`no child ${id}: it never was, or its end was told already`);
    await answerChild(child, reply);
  } catch (error) {
    refuse(context, error as Error, reply);
  }
}

async function answerChild(child: Forked, reply: Reply, undelivered?: () => void): Promise<void> {
  reply({ kind: 'forked', pid: child.pid, directory: child.directory }, { undelivered });
  reply({ kind: 'exited', status: await child.exited }, { last: true, delivered: child.heard });
}

function refuse(
  { log, refusals }: AnswerContext,
  error: Error,
  reply: Reply,
  delivered?: () => void,
): void {
  if (error instanceof RequesterLeft) return;
  if (error instanceof ForkRefusal) refusals.refused(error.message);
  else log.error({ err: error }, 'fork failed');
  reply({ kind: 'failure', reason: error.message }, { last: true, delivered });
}
