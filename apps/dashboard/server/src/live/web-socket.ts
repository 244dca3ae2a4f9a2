import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { LiveMessage, LivePosition } from '@hatchery/events';
import { liveClientsMax, livePayloadBytesMax, pingMs } from '../limits.ts';
import { requestAddress } from '../http/request-address.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { requestedPosition } from './live-request.ts';
import type { Access } from '../sign-in/access.ts';
import type { Broadcast } from './broadcast.ts';
import type { Person } from '../sign-in/sessions.ts';

/** What the live stream is made of. */
export interface LiveEndpointParts {
  readonly access: Access;
  readonly broadcast: Broadcast;
  readonly hello: (person: Person) => LiveMessage;
}

/** `WS /live`. The one place that knows the WebSocket library. */
export class LiveEndpoint {
  readonly #parts: LiveEndpointParts;
  // Compression of small frames for many readers cost 44 % of a core in our measurement, 3 % without.
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: livePayloadBytesMax });

  constructor(parts: LiveEndpointParts) {
    this.#parts = parts;
  }

  /** Takes an HTTP upgrade, or refuses it in plain HTTP before any frame is read. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { access, broadcast } = this.#parts;
    if (requestAddress(request)?.pathname !== '/live') {
      return refuseUpgrade(socket, { status: 404, error: 'The live stream is at /live.' });
    }
    // A page of any site may open a WebSocket to here, and the browser sends our cookie with it: so the origin decides.
    const person = access.actor(request);
    if ('status' in person) return refuseUpgrade(socket, person);
    if (broadcast.size >= liveClientsMax)
      return refuseUpgrade(socket, { status: 503, error: `${liveClientsMax} pages are open already.` });
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, request, person));
  }

  /** Cuts off everyone at once: a browser that does not read does not answer a close either. */
  terminate(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate();
  }

  #welcome(webSocket: WebSocket, request: IncomingMessage, person: Person): void {
    const { access, broadcast, hello } = this.#parts;
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
    const stillSignedIn = (): boolean => {
      const now = access.visitor(request);
      return !('status' in now) && now.role === person.role;
    };
    const pinging = keepAlive(webSocket, () => {
      if (!stillSignedIn()) client.close(4001, 'the sign-in is over');
    });
    webSocket.on('message', (data: RawData, binary: boolean) => {
      // `ws` gives whole messages as one Buffer unless it is told otherwise.
      const position: LivePosition | null = binary ? null : requestedPosition((data as Buffer).toString('utf8'));
      if (position === null) client.close(1008, 'not understood');
      else broadcast.resume(client, position);
    });
    // A broken frame closes the socket by itself; the page dials again.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      pinging[Symbol.dispose]();
      broadcast.remove(client);
    });
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
