import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';

/** How many connections a listener keeps. */
export interface ConnectionCaps {
  /** Of one address (an IPv4 address or an IPv6 /64). On a Unix socket all callers are one. */
  readonly perPeerMax: number;
  readonly allMax: number;
}

/**
 * Keeps a listener answering while somebody holds it with connections that ask for nothing. Above a cap the connection that has waited
 * longest without a request gives way, of the same address first: so a flood pushes out its own, and whoever asks at once, as a
 * health check does, is answered. Only when all of them are being served is the newest refused.
 */
export class ConnectionLimits {
  readonly #caps: ConnectionCaps;
  readonly #peers = new Map<string, Set<Socket>>();
  /** Without a request under way, the oldest first. */
  readonly #waiting = new Set<Socket>();
  #size = 0;
  /** Connections that were closed because of a cap. */
  closedTotal = 0;

  constructor(server: NetServer, caps: ConnectionCaps) {
    this.#caps = caps;
    server.on('connection', (socket: Socket) => this.#enter(socket));
  }

  /** It has asked for something, and does not give way until {@link rest}. */
  busy(socket: Socket): void {
    this.#waiting.delete(socket);
  }

  /** It has its answer, and may ask for more. */
  rest(socket: Socket): void {
    if (!socket.destroyed) this.#waiting.add(socket);
  }

  #enter(socket: Socket): void {
    const peer = peerOf(socket);
    const own = this.#peers.get(peer) ?? new Set();
    this.#peers.set(peer, own.add(socket));
    this.#waiting.add(socket);
    this.#size += 1;
    socket.once('close', () => {
      own.delete(socket);
      if (own.size === 0) this.#peers.delete(peer);
      this.#waiting.delete(socket);
      this.#size -= 1;
    });
    if (own.size > this.#caps.perPeerMax) this.#close(oldestOf(this.#waiting, own) ?? socket);
    else if (this.#size > this.#caps.allMax) this.#close(this.#waiting.values().next().value ?? socket);
  }

  #close(socket: Socket): void {
    this.closedTotal += 1;
    this.#waiting.delete(socket);
    socket.destroy();
  }
}

function oldestOf(waiting: ReadonlySet<Socket>, own: ReadonlySet<Socket>): Socket | undefined {
  for (const socket of waiting) if (own.has(socket)) return socket;
  return undefined;
}

/** What counts as one peer: who has an IPv6 address has the /64 around it (RFC 6177). */
function peerOf({ remoteAddress = '' }: Socket): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = address.includes('::') ? [...groups, ...Array<string>(missing).fill('0'), ...tail.split(':')] : groups;
  return all.slice(0, 4).join(':');
}

/** Deadlines and caps of an HTTP listener. */
export interface HttpGuard extends ConnectionCaps {
  /** From the connection, or the end of the answer before, to the end of the head. */
  readonly headersTimeoutMs: number;
  /** From there to the end of the whole request. */
  readonly requestTimeoutMs: number;
}

/** Node looks for requests that are late only so often; its own 30 s would make of a deadline of 5 one of 35. */
const lookMs = 500;

/** The guard of the sockets of control, whose callers are other parts and commands of this machine. */
export const controlGuard: HttpGuard = {
  // A page's server, an operator or two, and scripts that look; each feed is one of them for good.
  perPeerMax: 200,
  allMax: 200,
  // A local program writes its request in one go.
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
};

/** An HTTP server with its deadlines and caps. What is upgraded is being served until it closes. */
export function createGuardedServer(guard: HttpGuard, listener?: RequestListener, options: ServerOptions = {}): Server {
  const { headersTimeoutMs: headersTimeout, requestTimeoutMs: requestTimeout } = guard;
  const server = createServer({ headersTimeout, requestTimeout, connectionsCheckingInterval: lookMs, ...options });
  const limits = new ConnectionLimits(server, guard);
  server.on('request', (request, response) => {
    const { socket } = request;
    limits.busy(socket);
    response.once('close', () => limits.rest(socket));
  });
  server.on('upgrade', ({ socket }) => limits.busy(socket));
  if (listener !== undefined) server.on('request', listener);
  // A client without `Connection: close` or TLS on this port gets a plain answer; the socket closes with it.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    // A client that goes on sending would keep a half-closed connection for as long as it likes.
    else
      socket.end(`HTTP/1.1 ${statusOf(error)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
        socket.destroy(),
      );
  });
  return server;
}

function statusOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout';
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return '400 Bad Request';
}
