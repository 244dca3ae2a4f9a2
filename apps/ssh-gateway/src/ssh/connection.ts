import type { AuthContext, Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@hatchery/daemon';
import type { Limits } from '../limits.ts';
import { refusalDelayMs } from '../auth/refusal-delay.ts';
import { answerTo, Authentication, type AuthenticationOptions, type Identity } from './authentication.ts';
import { Channels, type ChannelRequest, type Guard } from './channels.ts';
import { sayGoodbye } from './disconnect-message.ts';
import type { ExecChannel } from './exec-channel.ts';
import { holdFirstReply } from './first-reply.ts';
import type { HostKeys } from './host-keys.ts';
import { keepKeysFresh } from './rekey.ts';
import { SendGate } from './send-gate.ts';
import { mendTransport } from './transport.ts';

export interface ConnectionOptions {
  readonly log: Logger;
  readonly limits: Limits;
  readonly loginGraceMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly hostKeys: HostKeys;
  readonly judgeKey: AuthenticationOptions['judgeKey'];
  readonly opened: (connection: SignedInConnection, request: ChannelRequest, channel: ExecChannel) => void;
}

/** What a session needs to know of its connection. */
export interface SignedInConnection {
  readonly identity: Identity;
  /** As `192.0.2.1:50022` or `[2001:db8::1]:50022`. */
  readonly peer: string;
  readonly acceptedAtMs: number;
  readonly signedInAtMs: number;
}

/**
 * One TCP connection from accept to close. It owns the socket and its deadlines; ssh2 joins when the client has identified itself,
 * and only a {@link SignedInConnection} can open channels. The first cause of the ending is the one that is logged.
 */
export class Connection {
  readonly peer: string;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  readonly #acceptedAtMs: number;
  readonly #deadlines: { ident: NodeJS.Timeout; login: NodeJS.Timeout };
  #client: Ssh2Connection | null = null;
  #signedIn: SignedInConnection | null = null;
  #channels: Channels | null = null;
  #closeReason: string | null = null;
  #draining = false;
  #lastRefusal: Readonly<Record<string, unknown>> | null = null;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.peer = describePeer(socket);
    this.#log = options.log.child({ peer: this.peer });
    this.#acceptedAtMs = options.now();
    // Trap G: ssh2 has no timer before sign-in, so a silent client would stay for ever.
    this.#deadlines = {
      ident: setTimeout(() => this.destroy('no identification in time'), options.limits.identDeadlineMs),
      login: setTimeout(() => this.destroy('no sign-in in time'), options.loginGraceMs),
    };
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#onClose())));
    socket.once('end', () => this.#onEnd());
  }

  get isSignedIn(): boolean {
    return this.#signedIn !== null;
  }

  /** ssh2 has read the client's identification, with this software in it, and is about to exchange keys. */
  attach(client: Ssh2Connection, software: string): void {
    clearTimeout(this.#deadlines.ident);
    this.#client = client;
    holdFirstReply(client, this.#socket, this.#options.limits);
    // Trap H: without this listener an error ends the process, and after one ssh2 goes on parsing and leaves the socket open.
    client.on('error', (error) => this.destroy(`protocol: ${error.message}`));
    const { hostKeys, judgeKey, limits } = this.#options;
    mendTransport(client, { hostKeys, software, violation: (what) => this.destroy(`protocol: ${what}`) });
    const authentication = new Authentication({ judgeKey, limits, address: addressIn(this.peer) });
    client.on('authentication', (context) => void this.#authenticate(authentication, context));
    this.#socket.on('data', () => this.#checkSendBuffer());
  }

  /** Takes no new channels, and closes as soon as no channel is open. */
  drain(): void {
    this.#draining = true;
    if (this.#channels === null || this.#channels.isIdle) this.disconnect('draining');
  }

  /** Says goodbye, in words if there are any, and gives the client a moment to take what is on its way. */
  disconnect(reason: string, farewell: string | null = null): void {
    this.#closeReason ??= reason;
    if (this.#client !== null && farewell !== null && this.#socket.writable) sayGoodbye(this.#client, farewell);
    if (this.#client === null) this.#socket.end();
    else this.#client.end();
    this.#destroyAfterLinger();
  }

  destroy(reason: string): void {
    this.#closeReason ??= reason;
    // At once, not with the socket's own event: ssh2 throws at whatever is sent from now on.
    this.#channels?.cutOff(`connection lost: ${this.#closeReason}`);
    this.#socket.destroy();
  }

  async #authenticate(authentication: Authentication, context: AuthContext): Promise<void> {
    const askedAtMs = this.#options.now();
    try {
      const { answer, identity, ending, ...request } = await authentication.decide(context);
      if (answer === 'refuse' && context.method !== 'none') await this.#delayRefusal(askedAtMs);
      if (this.#socket.destroyed) return;
      this.#log.debug({ ...request, answer }, 'sign-in attempted');
      if (request.reason !== null) this.#lastRefusal = request;
      if (ending?.fault === 'system') this.#log.error({ ...request, fault: 'system' }, 'sign-in unavailable');
      if (ending !== null) this.disconnect(ending.reason, ending.farewell);
      else if (identity === null) answerTo(context, answer === 'ask-for-signature' ? answer : 'refuse');
      else this.#signIn(identity, context);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #delayRefusal(askedAtMs: number): Promise<void> {
    const { now, limits } = this.#options;
    await delay(refusalDelayMs(now() - askedAtMs, limits.refusalDelayMs));
  }

  #signIn(identity: Identity, context: AuthContext): void {
    clearTimeout(this.#deadlines.login);
    const { now, limits, opened } = this.#options;
    const signedIn: SignedInConnection = {
      identity,
      peer: this.peer,
      acceptedAtMs: this.#acceptedAtMs,
      signedInAtMs: now(),
    };
    const client = this.#client as Ssh2Connection;
    this.#signedIn = signedIn;
    this.#channels = new Channels(client, {
      gate: new SendGate(this.#socket, limits.socketBufferBytesPause),
      limits,
      guard: this.#guard,
      violation: (what) => this.destroy(`protocol: ${what}`),
      opened: (request, channel) => opened(signedIn, request, channel),
      refused: (what) => this.#log.info({ user: identity.user, what }, 'channel request refused'),
      idle: () => this.#onIdle(),
    });
    const freshKeys = keepKeysFresh(client, this.#socket, limits);
    this.#socket.once('close', () => freshKeys[Symbol.dispose]());
    this.#log.info({ ...identity, phasesMs: { auth: signedIn.signedInAtMs - this.#acceptedAtMs } }, 'signed in');
    answerTo(context, 'accept');
  }

  /** What a handler of ours throws would reach ssh2's parser and pass for the client's error (trap H). */
  readonly #guard: Guard =
    (handler) =>
    (...given) => {
      try {
        handler(...given);
      } catch (error) {
        this.#failed(error);
      }
    };

  #failed(error: unknown): void {
    this.#log.error({ err: error, fault: 'system' }, 'connection handler failed');
    this.destroy('a defect or failure of the gateway');
  }

  /** What is sent unasked, as replies, has no gate: a client that asks and never reads is cut off (trap D). */
  #checkSendBuffer(): void {
    if (this.#socket.writableLength > this.#options.limits.socketBufferBytesMax) this.destroy('client does not read');
  }

  #onIdle(): void {
    if (this.#draining) setTimeout(() => this.disconnect('draining'), this.#options.limits.lingerMs).unref();
  }

  /** The client will send nothing more, and ssh2 has taken its protocol apart. */
  #onEnd(): void {
    this.#closeReason ??= 'client disconnected';
    this.#channels?.cutOff(`connection lost: ${this.#closeReason}`);
    this.#destroyAfterLinger();
  }

  #destroyAfterLinger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), this.#options.limits.lingerMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #onClose(): void {
    clearTimeout(this.#deadlines.ident);
    clearTimeout(this.#deadlines.login);
    const reason = this.#closeReason ?? 'client disconnected';
    // The connection's close is the master signal that ends all its sessions (trap E).
    this.#channels?.cutOff(`connection lost: ${reason}`);
    const user = this.#signedIn?.identity.user ?? null;
    if (this.#signedIn !== null) this.#log.info({ user, reason }, 'connection closed');
    // A client that gives up says nothing of why; the last thing it heard from us does.
    else this.#log.info({ user, reason, lastRefusal: this.#lastRefusal }, 'sign-in refused');
  }
}

function describePeer({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  // A dual-stack listener shows IPv4 clients as ::ffff:192.0.2.1 (RFC 4291 2.5.5.2).
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
  return address.includes(':') ? `[${address}]:${remotePort}` : `${address}:${remotePort}`;
}

/** The address in what {@link describePeer} says. */
function addressIn(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
