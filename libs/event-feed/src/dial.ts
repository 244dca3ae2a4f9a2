import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event, EventKind, FeedMessage, FeedPosition } from '@hatchery/events';
import { requireVersion } from '@hatchery/formats';
import { lineBytesMax, redialMsMax, redialMsMin, silenceMsMax } from './limits.ts';
import { LineSplitter } from './line-splitter.ts';

/**
 * A reader's connection to a feed, which reconnects by itself with backoff and resumes where it
 * stood.
 */
export interface FeedConnection extends AsyncDisposable {
  readonly position: FeedPosition | null;
}

/** What a reader of a feed is told. */
export interface FeedListener {
  message(message: FeedMessage): void;
  /** The connection is up (the publisher's hello arrived) or down; `error` says why it is down. */
  connection(state: { readonly up: true } | { readonly up: false; readonly error: Error }): void;
}

/** How a feed is read. */
export interface DialOptions {
  /** The kinds of events that are wanted; without it, all. */
  readonly kinds?: readonly EventKind[];
  /** The longest wait between two dials, in milliseconds. */
  readonly redialMsMax?: number;
}

/** The publisher took the connection and then said nothing for too long, not even a heartbeat. */
export class SilentFeedError extends Error {
  readonly code = 'feed_silent';
  readonly fault = 'system';
}

/**
 * Dials the feed on a control socket and keeps dialling until disposed. Never throws: what goes
 * wrong is told to the listener.
 */
export function dialFeed(
  controlSocket: string,
  listener: FeedListener,
  { kinds, redialMsMax: waitMsMax = redialMsMax }: DialOptions = {},
): FeedConnection {
  const stop = new AbortController();
  const reader = new FeedReader(listener, kinds ?? null);
  const running = (async () => {
    let waitMs = redialMsMin;
    while (!stop.signal.aborted) {
      const error = await readOnce(controlSocket, reader, stop.signal);
      if (stop.signal.aborted) return;
      waitMs = reader.takeHeard() ? redialMsMin : Math.min(2 * waitMs, waitMsMax);
      listener.connection({ up: false, error });
      await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    get position() {
      return reader.position;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

const silence = `the feed was silent for ${silenceMsMax / 1000} s`;

/** Keeps the position and refuses a message that does not follow it. */
class FeedReader {
  readonly #listener: FeedListener;
  readonly #kinds: readonly EventKind[] | null;
  position: FeedPosition | null = null;
  #heard = false;

  constructor(listener: FeedListener, kinds: readonly EventKind[] | null) {
    this.#listener = listener;
    this.#kinds = kinds;
  }

  /** The query of the next dial. */
  get query(): string {
    const { position } = this;
    const wanted = {
      ...(position && { epoch: position.epoch, seq: String(position.seq) }),
      ...(this.#kinds && { kinds: this.#kinds.join(',') }),
    };
    const query = new URLSearchParams(wanted).toString();
    return query === '' ? '' : `?${query}`;
  }

  takeHeard(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  read(message: FeedMessage): void {
    if (message.type === 'hello') requireVersion('feed', 'what answers', message.format);
    if (message.type === 'snapshot') this.position = { epoch: message.epoch, seq: message.seq };
    if (message.type === 'event') this.#advance(message.event);
    this.#listener.message(message);
    if (message.type === 'hello') {
      this.#heard = true;
      this.#listener.connection({ up: true });
    }
  }

  #advance(event: Event): void {
    const { seq } = event;
    if (this.position === null || !this.#follows(event, this.position.seq)) {
      const had = this.position?.seq ?? 'nothing';
      this.position = null;
      throw new Error(`the feed jumped from ${had} to ${seq}`);
    }
    this.position = { ...this.position, seq };
  }

  #follows({ kind, seq }: Event, before: number): boolean {
    // Usage takes no number of its own: it stands at that of the event before it.
    const first = kind === 'child.usage' ? before : before + 1;
    // The numbers between are those of events that the reader does not want.
    return this.#kinds === null ? seq === first : seq >= first;
  }
}

/** Reads one connection to its end and says why it ended. */
function readOnce(controlSocket: string, reader: FeedReader, signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    const { query } = reader;
    const request = get({
      socketPath: controlSocket,
      path: `/v1/events${query}`,
      agent: false,
      signal,
    });
    request.setTimeout(silenceMsMax, () => {
      const heard = request.socket?.bytesRead;
      // After a stop of this process its timer comes before what has arrived meanwhile.
      setImmediate(() => {
        if (request.socket?.bytesRead === heard) request.destroy(new SilentFeedError(silence));
      });
    });
    request.on('error', resolve);
    request.on('response', (response) => {
      response.on('error', resolve);
      response.on('close', () => resolve(new Error('the feed ended')));
      if (response.statusCode === 200) readLines(response, reader);
      else response.destroy(new Error(`the feed answered ${response.statusCode}`));
    });
  });
}

function readLines(response: IncomingMessage, reader: FeedReader): void {
  const splitter = new LineSplitter(lineBytesMax);
  response.on('data', (chunk: Buffer) => {
    try {
      for (const line of splitter.push(chunk)) reader.read(JSON.parse(line) as FeedMessage);
      if (splitter.overflow) throw new Error('the feed sent a line that is too long');
    } catch (error) {
      response.destroy(error as Error);
    }
  });
}
