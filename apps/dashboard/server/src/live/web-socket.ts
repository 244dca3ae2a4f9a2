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

/** What the live stream is made of. */
export interface LiveEndpointParts {
  readonly signIn: Pick<SignIn, 'access' | 'liveMsMax'>;
  readonly broadcast: Broadcast;
  readonly hello: (person: Person) => LiveMessage;
}

/** `WS /live`. The one place that knows the WebSocket library. */
export class LiveEndpoint {
  readonly #parts: LiveEndpointParts;
  /** Who has pages open, and how many. */
  readonly #open = new Map<string, number>();
  /** Closes the stream of whoever may not have it any more, one for each open page. */
  readonly #reviews = new Set<() => void>();
  // Compression of small frames for many readers cost 44 % of a core in our measurement, 3 %
  // without.
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: livePayloadBytesMax,
  });

  constructor(parts: LiveEndpointParts) {
    this.#parts = parts;
  }

  /** Takes an HTTP upgrade, or refuses it in plain HTTP before any frame is read. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { signIn } = this.#parts;
    if (requestAddress(request)?.pathname !== '/live') {
      return refuseUpgrade(socket, { status: 404, error: 'The live stream is at /live.' });
    }
    // A page of any site may open a WebSocket to here, and the browser sends our cookie with it: so
    // the origin decides.
    const person = signIn.access.actor(request);
    if ('status' in person) return refuseUpgrade(socket, person);
    const refusal = this.refusalFor(person);
    if (refusal !== null) return refuseUpgrade(socket, refusal);
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#welcome(webSocket, request, person),
    );
  }

  /** Why this person gets no stream besides those that are open, or null. */
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

  /** Somebody was signed out or became somebody else: whoever that is hears it now. */
  review(): void {
    for (const review of this.#reviews) review();
  }

  /** Cuts off everyone at once: a browser that does not read does not answer a close either. */
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
      // `ws` gives whole messages as one Buffer unless it is told otherwise.
      const position: LivePosition | null = binary
        ? null
        : requestedPosition((data as Buffer).toString('utf8'));
      if (position === null) client.close(1008, 'not understood');
      else broadcast.resume(client, position);
    });
    // A broken frame closes the socket by itself; the page dials again.
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

/** Pings, and cuts a browser off that did not answer the last one. */
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
