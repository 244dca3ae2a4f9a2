import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FeedMessage, FeedPosition } from '@hatchery/events';
import type { EventLog } from './event-log.ts';
import { readFeedFilter, type FeedFilter } from './feed-filter.ts';
import { heartbeatMs, readerBufferBytesMax } from './limits.ts';

/**
 * Answers `GET /v1/events[?epoch=E&seq=N][&kinds=A,B]` with the feed as newline-delimited JSON
 * until the reader leaves. `kinds` names the kinds of events that the reader wants; an unknown name
 * is answered with 400.
 */
export function serveFeed(log: EventLog, request: IncomingMessage, response: ServerResponse): void {
  // Whoever had to wait for us may have left: nothing would ever end what begins here.
  if (response.destroyed) return;
  const { searchParams } = new URL(request.url ?? '/', 'http://feed');
  let filter: FeedFilter;
  try {
    filter = readFeedFilter(searchParams.get('kinds'));
  } catch (error) {
    response.writeHead(400, { 'content-type': 'application/json' });
    return void response.end(`${JSON.stringify({ error: (error as Error).message })}\n`);
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  let bufferBytesMax = Infinity;
  const write = (message: FeedMessage): void => {
    // Writing to a response that is destroyed and not closed yet would end the process.
    if (response.destroyed) return;
    // A reader that is cut off dials again and resumes; nothing is lost to it, only later.
    if (response.writableLength > bufferBytesMax) response.destroy();
    else response.write(`${JSON.stringify(message)}\n`);
  };
  const subscription = log.subscribe(positionIn(searchParams), write, filter);
  // Beyond what it asked for: a long snapshot is no reader's fault, and cut off it would come
  // again.
  bufferBytesMax = response.writableLength + readerBufferBytesMax;
  const heartbeat = setInterval(() => {
    write({ type: 'heartbeat', seq: log.position.seq, serverTime: new Date().toISOString() });
  }, heartbeatMs);
  response.on('close', () => {
    clearInterval(heartbeat);
    subscription[Symbol.dispose]();
  });
}

function positionIn(searchParams: URLSearchParams): FeedPosition | null {
  const epoch = searchParams.get('epoch');
  const seq = Number(searchParams.get('seq'));
  if (epoch === null || !Number.isSafeInteger(seq) || seq < 0) return null;
  return { epoch, seq };
}
