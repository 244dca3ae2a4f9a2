import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Child, ChildUsage, EventBody, FeedMessage } from '@hatchery/events';
import { EventLog } from './event-log.ts';
import { serveFeed } from './serve.ts';

/** A log with a standing clock. */
export function newTestLog(epoch = 'e1', eventsKept?: number): EventLog {
  const options = { epoch, version: '1', now: () => new Date(0) };
  return new EventLog(eventsKept === undefined ? options : { ...options, eventsKept });
}

/** A small event that is told apart by its number. */
export function numbered(number: number): EventBody {
  return { kind: 'action.done', actionId: `${number}`, outcome: 'done' };
}

/** The numbers of such events, in the order they came. */
export function numbersIn(messages: readonly FeedMessage[]): number[] {
  return messages.flatMap((message) =>
    message.type === 'event' && message.event.kind === 'action.done'
      ? [Number(message.event.actionId)]
      : [],
  );
}

/** One sample with a recognizable value. */
export function sampleOf(id: string, rssBytes: number): { id: string; usage: ChildUsage } {
  const unread = {
    cpuPercent: null,
    pssBytes: null,
    privateBytes: null,
    readBytes: null,
    writeBytes: null,
  };
  return { id, usage: { ...unread, rssBytes, minorFaults: null, majorFaults: null } };
}

/** A child that has just been spawned. */
export function spawned(id: string, command = 'rocks'): EventBody {
  const child: Child = {
    id,
    pid: 1,
    startTime: 1,
    user: null,
    peer: null,
    command,
    state: 'waiting',
    startedAt: '1970-01-01T00:00:00.000Z',
    connectedAt: null,
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
  };
  return { kind: 'child.spawned', child };
}

/** HTTP on a Unix socket, as a part's control socket. */
export async function serveOn(
  path: string,
  listener: RequestListener,
): Promise<AsyncDisposable & { server: Server }> {
  const server = createServer(listener).listen(path);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { server, [Symbol.asyncDispose]: close };
}

/** A publisher whose log can be read on the socket. */
export async function publishOn(path: string, log: EventLog): Promise<AsyncDisposable> {
  return serveOn(path, (request, response) => serveFeed(log, request, response));
}
