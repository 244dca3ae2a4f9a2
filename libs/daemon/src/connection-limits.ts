import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import { sourceOf } from '@hatchery/addresses';

/** Connections above the caps, for health; a check is answered within a turn. */
const spareMax = 32;

/**
 * Requests that one connection may have under way. No browser, proxy or Prometheus sends a second
 * one before it has its answer.
 */
const pipelinedMax = 32;

/** How many connections a listener keeps. */
export interface ConnectionCaps {
  /** Of one address (an IPv4 address or an IPv6 /64). On a Unix socket all callers are one. */
  readonly perPeerMax: number;
  readonly allMax: number;
}

/**
 * Keeps a listener answering while somebody holds it with connections that ask for nothing. Above a
 * cap the connection that has waited longest without a request gives way, of the same address
 * first: so a flood pushes out its own, and whoever asks at once, as a health check does, is
 * answered. When all of them are being served, what comes is spare: health alone is answered there.
 */
export class ConnectionLimits {
  readonly #caps: ConnectionCaps;
  readonly #peers = new Map<string, Set<Socket>>();
  /** Without a request under way, the oldest first. */
  readonly #waiting = new Set<Socket>();
  /**
   * Requests under way; a client may send the next ones before it has its answer (RFC 9112,
   * "Pipelining").
   */
  readonly #underWay = new Map<Socket, number>();
  /** Accepted in this turn of the event loop: what they have sent has not been read yet. */
  readonly #fresh = new Set<Socket>();
  /** Above the caps while all others are being served, the oldest first. */
  readonly #spare = new Set<Socket>();
  #size = 0;
  /** Connections that were closed because of a cap. */
  closedTotal = 0;

  constructor(server: NetServer, caps: ConnectionCaps) {
    this.#caps = caps;
    server.on('connection', (socket: Socket) => this.#enter(socket));
  }

  /**
   * It has asked for something, and does not give way until {@link rest}; how many of its requests
   * are under way.
   */
  busy(socket: Socket): number {
    this.#waiting.delete(socket);
    const underWay = (this.#underWay.get(socket) ?? 0) + 1;
    this.#underWay.set(socket, underWay);
    return underWay;
  }

  /** It has an answer, and gives way when that was the last one it waited for. */
  rest(socket: Socket): void {
    const underWay = (this.#underWay.get(socket) ?? 1) - 1;
    if (socket.destroyed) return;
    this.#underWay.set(socket, underWay);
    if (underWay === 0) this.#waiting.add(socket);
  }

  /** Whether it has no place of its own, and is there for health. */
  isSpare(socket: Socket): boolean {
    return this.#spare.has(socket);
  }

  #enter(socket: Socket): void {
    const peer = sourceOf(socket.remoteAddress ?? '');
    const own = this.#peers.get(peer) ?? new Set();
    this.#peers.set(peer, own.add(socket));
    this.#waiting.add(socket);
    this.#fresh.add(socket);
    // The turn after the next one has read them.
    setImmediate(() => setImmediate(() => this.#fresh.delete(socket)));
    this.#size += 1;
    socket.once('close', () => {
      own.delete(socket);
      if (own.size === 0) this.#peers.delete(peer);
      this.#waiting.delete(socket);
      this.#underWay.delete(socket);
      this.#spare.delete(socket);
      this.#size -= 1;
    });
    if (own.size > this.#caps.perPeerMax) this.#makeRoom(socket, own);
    else if (this.#size > this.#caps.allMax) this.#makeRoom(socket, null);
  }

  /** `own` are those of its address, or null where all addresses together are too many. */
  #makeRoom(newest: Socket, own: ReadonlySet<Socket> | null): void {
    const isCandidate = (socket: Socket): boolean =>
      socket !== newest && (own === null || own.has(socket));
    const oldest = first(
      this.#waiting,
      (socket) => isCandidate(socket) && !this.#fresh.has(socket) && !this.#spare.has(socket),
    );
    if (oldest !== undefined) return this.#close(oldest);
    this.#spare.add(newest);
    if (this.#spare.size <= spareMax) return;
    this.#close(
      first(this.#spare, (socket) => isCandidate(socket) && this.#waiting.has(socket)) ?? newest,
    );
  }

  #close(socket: Socket): void {
    this.closedTotal += 1;
    this.#waiting.delete(socket);
    this.#spare.delete(socket);
    socket.destroy();
  }
}

function first(
  sockets: ReadonlySet<Socket>,
  test: (socket: Socket) => boolean,
): Socket | undefined {
  for (const socket of sockets) if (test(socket)) return socket;
  return undefined;
}

/** Deadlines and caps of an HTTP listener. */
export interface HttpGuard extends ConnectionCaps {
  /** From the connection, or the end of the answer before, to the end of the head. */
  readonly headersTimeoutMs: number;
  /** From there to the end of the whole request. */
  readonly requestTimeoutMs: number;
}

/**
 * Node looks for requests that are late only so often; its own 30 s would make of a deadline of 5
 * one of 35.
 */
const lookMs = 500;

/**
 * The guard of the sockets of control, whose callers are other parts and commands of this machine.
 */
export const controlGuard: HttpGuard = {
  // A page's server, an operator or two, and scripts that look; each feed is one of them for good.
  perPeerMax: 200,
  allMax: 200,
  // A local program writes its request in one go.
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
};

/** An HTTP server with its deadlines and caps. What is upgraded is being served until it closes. */
export function createGuardedServer(
  guard: HttpGuard,
  listener?: RequestListener,
  options: ServerOptions = {},
): Server {
  const { headersTimeoutMs: headersTimeout, requestTimeoutMs: requestTimeout } = guard;
  const server = createServer({
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: lookMs,
    ...options,
  });
  const limits = new ConnectionLimits(server, guard);
  server.on('upgrade', ({ socket }) => limits.busy(socket));
  // Before every handler, whenever that is attached: what has no place is not handled.
  const emit = server.emit.bind(server);
  server.emit = (event: string, ...given: unknown[]): boolean => {
    const [request, response] = given as [IncomingMessage, ServerResponse];
    if (event === 'upgrade' && limits.isSpare(request.socket))
      return request.socket.destroy() !== null;
    if (event === 'request' && !admit(limits, request, response)) return true;
    return emit(event, ...given);
  };
  if (listener !== undefined) server.on('request', listener);
  // A client without `Connection: close` or TLS on this port gets a plain answer; the socket closes
  // with it.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    // A client that goes on sending would keep a half-closed connection for as long as it likes.
    else
      socket.end(
        `HTTP/1.1 ${statusOf(error)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        () => socket.destroy(),
      );
  });
  return server;
}

/**
 * Counts a request; false when it was answered or cut off here, since its connection has no place
 * or asks for too much at once.
 */
function admit(
  limits: ConnectionLimits,
  { socket, url = '' }: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (limits.busy(socket) > pipelinedMax) {
    socket.destroy();
    return false;
  }
  response.once('close', () => limits.rest(socket));
  if (!limits.isSpare(socket)) return true;
  response.setHeader('Connection', 'close');
  if (/^[^?]*\/(healthz|readyz)(\?|$)/.test(url)) return true;
  response.writeHead(503, { 'Retry-After': '5', 'Content-Type': 'text/plain' });
  response.end(
    'All connections of this address, or of this listener, are in use. Try again later.\n',
  );
  return false;
}

function statusOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout';
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return '400 Bad Request';
}
