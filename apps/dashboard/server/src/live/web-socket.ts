import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { LiveMessage, LivePosition } from '@hatchery/events';
import { liveClientsMax, liveClientsPerUserMax, livePayloadBytesMax, pingMs } from '../limits.ts';
import { requestAddress } from '../http/request-address.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { requestedPosition } from './live-request.ts';
import type { Refusal } from '../sign-in/access.ts';
import type { Person } from '../sign-in/person.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Broadcast } from './broadcast.ts';

/** The parts of the live stream. */
export interface LiveEndpointParts {
  readonly signIn: Pick<SignIn, 'access' | 'liveMsMax'>;
  readonly broadcast: Broadcast;
  readonly hello: (person: Person) => LiveMessage;
}

/** `WS /live`. The only module that uses the WebSocket library. */
export class LiveEndpoint {
  readonly #parts: LiveEndpointParts;
  /** Users with open pages, and how many. */
  readonly #open = new Map<string, number>();
  /** Closes the streams of users who may not have them any more; one for each open page. */
  readonly #reviews = new Set<() => void>();
  // In our measurement, compressing small frames for many readers took 44 % of a core, and 3 %
  // without.
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: livePayloadBytesMax,
  });

  constructor(parts: LiveEndpointParts) {
    this.#parts = parts;
  }

  /** Takes an HTTP upgrade, or refuses it in plain HTTP before reading any frame. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { signIn } = this.#parts;
    if (requestAddress(request)?.pathname !== '/live') {
      return refuseUpgrade(socket, { status: 404, error: 'The live stream is at /live.' });
    }
    // A page of any site may open a WebSocket to here, and the browser sends our cookie with it. So
    // check the origin.
    const person = signIn.access.actor(request);
    if ('status' in person) return refuseUpgrade(socket, person);
    const refusal = this.refusalFor(person);
    if (refusal !== null) return refuseUpgrade(socket, refusal);
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#welcome(webSocket, request, person),
    );
  }

  /** Why this user gets no further stream, or null. */
  refusalFor({ name }: Person): Refusal | null {
    if (this.#parts.broadcast.size >= liveClientsMax)
      return {
        status: 503,
        error: `${liveClientsMax} pages are open already. Close some of them.`,
      };
    if ((this.#open.get(name) ?? 0) >= liveClientsPerUserMax)
      return {
        status: 429,
        error: `You have ${liveClientsPerUserMax} pages open already. Close some of them.`,
      };
    return null;
  }

  /** A user was signed out or became another person: tell the page now. */
  review(): void {
    for (const review of this.#reviews) review();
  }

  /**
   * Cuts all connections off at once: a browser that does not read does not answer a close either.
   */
  terminate(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate();
  }

  #welcome(webSocket: WebSocket, request: IncomingMessage, person: Person): void {
    const { signIn, broadcast, hello } = this.#parts;
    const client = broadcast.add(
      {
        get bufferedBytes() {
          return webSocket.bufferedAmount;
        },
        send: (frame) => webSocket.send(frame, { binary: false }),
        close: (code, reason) => webSocket.close(code, reason),
      },
      hello(person),
    );
    const review = (): void => {
      const now = signIn.access.visitor(request);
      if ('status' in now || now.role !== person.role || now.name !== person.name)
        client.close(4001, 'the sign-in is over');
    };
    this.#enter(person, review);
    const pinging = keepAlive(webSocket, review);
    const { liveMsMax } = signIn;
    const believed =
      liveMsMax === null
        ? null
        : setTimeout(() => client.close(4001, 'to be asked anew who this is'), liveMsMax);
    webSocket.on('message', (data: RawData, binary: boolean) => {
      // `ws` gives whole messages as one Buffer by default.
      const position: LivePosition | null = binary
        ? null
        : requestedPosition((data as Buffer).toString('utf8'));
      if (position === null) client.close(1008, 'not understood');
      else broadcast.resume(client, position);
    });
    // A broken frame closes the socket; the page dials again.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      pinging[Symbol.dispose]();
      if (believed !== null) clearTimeout(believed);
      this.#leave(person, review);
      broadcast.remove(client);
    });
  }

  #enter({ name }: Person, review: () => void): void {
    this.#reviews.add(review);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
  }

  #leave({ name }: Person, review: () => void): void {
    this.#reviews.delete(review);
    const left = (this.#open.get(name) ?? 1) - 1;
    if (left > 0) this.#open.set(name, left);
    else this.#open.delete(name);
  }
}

/** Pings, and cuts off a browser that did not answer the last one. */
function keepAlive(webSocket: WebSocket, checked: () => void): Disposable {
  let answered = true;
  webSocket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return webSocket.terminate();
    answered = false;
    webSocket.ping();
    checked();
  }, pingMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
