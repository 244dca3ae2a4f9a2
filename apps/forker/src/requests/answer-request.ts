import type { Logger } from '@hatchery/daemon';
import type { ForkRequest, Request } from '@hatchery/protocol';
import { ForkRefusal, type Forked, type ForkService } from '../children/fork-service.ts';
import type { Reply } from './request-connection.ts';

/** What the answers need besides the fork service. */
export interface AnswerContext {
  readonly service: ForkService;
  readonly log: Logger;
  /** Begins the shutdown ladder. */
  readonly quit: () => void;
  /** The status record that `hello` logs. */
  readonly status: () => object;
}

/** Answers one request (protocol-v1, "Requests and answers"). */
export function answerRequest(context: AnswerContext, request: Request, reply: Reply, gone: AbortSignal): void {
  const { service, log } = context;
  switch (request.kind) {
    case 'hello':
      log.info(context.status(), 'hello');
      return reply({ kind: 'alive' }, { last: true });
    case 'quit':
      reply({ kind: 'quitting' }, { last: true });
      return context.quit();
    case 'child-connect-timeout':
      service.childConnectTimeoutS = request.seconds;
      return reply({ kind: 'ok' }, { last: true });
    case 'fork':
      return void answerFork(context, request, reply, gone);
    case 'attach': {
      const child = service.attach(request.id);
      if (child !== null) return void answerChild(child, reply);
      return reply({ kind: 'failure', reason: `no child ${request.id}: it has ended and was heard of` }, { last: true });
    }
    default:
      return request satisfies never;
  }
}

async function answerFork(context: AnswerContext, request: ForkRequest, reply: Reply, gone: AbortSignal): Promise<void> {
  try {
    const child = await context.service.fork(request);
    // Whoever left before its answer does not know the pipes' directory: nobody will ever open it.
    if (gone.aborted) context.service.signal(child.id, 'SIGKILL', 'the client left before its answer');
    await answerChild(child, reply);
  } catch (error) {
    if (!(error instanceof ForkRefusal)) context.log.error({ err: error }, 'fork failed');
    else context.log.warn({ reason: error.message }, 'fork refused');
    reply({ kind: 'failure', reason: (error as Error).message }, { last: true });
  }
}

async function answerChild(child: Forked, reply: Reply): Promise<void> {
  reply({ kind: 'forked', pid: child.pid, directory: child.directory });
  reply({ kind: 'exited', status: await child.exited }, { last: true });
}
