import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event, FeedMessage, FeedPosition } from '@hatchery/events';
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

/**
 * Dials the feed on a control socket and keeps dialling until disposed; the first time from where
 * its reader stood in an earlier life, if `from` says so. Never throws: what goes wrong is told to
 * the listener.
 */
export function dialFeed(
  controlSocket: string,
  listener: FeedListener,
  from: FeedPosition | null = null,
): FeedConnection {
  const stop = new AbortController();
  const reader = new FeedReader(listener, from);
  const running = (async () => {
    let waitMs = redialMsMin;
    while (!stop.signal.aborted) {
      const error = await readOnce(controlSocket, reader, stop.signal);
      if (stop.signal.aborted) return;
      waitMs = reader.takeHeard() ? redialMsMin : Math.min(2 * waitMs, redialMsMax);
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

/** Keeps the position and refuses a message that does not follow it. */
class FeedReader {
  readonly #listener: FeedListener;
  position: FeedPosition | null;
  #heard = false;

  constructor(listener: FeedListener, from: FeedPosition | null) {
    this.#listener = listener;
    this.position = from;
  }

  takeHeard(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  read(message: FeedMessage): void {
    if (message.type === 'snapshot') this.position = { epoch: message.epoch, seq: message.seq };
    if (message.type === 'event') this.#advance(message.event);
    this.#listener.message(message);
    if (message.type === 'hello') {
      this.#heard = true;
      this.#listener.connection({ up: true });
    }
  }

  #advance({ kind, seq }: Event): void {
    // Usage takes no number of its own: it stands at that of the event before it.
    const expected = kind === 'child.usage' ? seq : seq - 1;
    if (this.position?.seq !== expected) {
      const had = this.position?.seq ?? 'nothing';
      this.position = null;
      throw new Error(`the feed jumped from ${had} to ${seq}`);
    }
    this.position = { ...this.position, seq };
  }
}

/** Reads one connection to its end and says why it ended. */
function readOnce(controlSocket: string, reader: FeedReader, signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    const { position } = reader;
    const query =
      position === null ? '' : `?epoch=${encodeURIComponent(position.epoch)}&seq=${position.seq}`;
    const request = get({
      socketPath: controlSocket,
      path: `/v1/events${query}`,
      agent: false,
      signal,
    });
    request.setTimeout(silenceMsMax, () =>
      request.destroy(new Error(`the feed was silent for ${silenceMsMax / 1000} s`)),
    );
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
