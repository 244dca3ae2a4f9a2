// Long: one connection, from accept to close.
import type { AuthContext, Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import type { Logger } from '@hatchery/daemon';
import { withDrainReason, type AuditBody } from '@hatchery/event-feed';
import type { Limits } from '../limits.ts';
import { delayRefusal } from '../auth/refusal-delay.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import {
  answerTo,
  Authentication,
  type AuthenticationOptions,
  type Identity,
} from './sign-in/authentication.ts';
import { Channels, type ChannelRequest, type Guard } from './channels/channels.ts';
import { disconnectReasonOf, type CloseCause, type Ending } from './close-cause.ts';
import { sendBanner, sendDisconnect } from './messages-to-user.ts';
import type { ExecChannel } from './channels/exec-channel.ts';
import { expectSession } from './channels/first-session.ts';
import { holdFirstReply } from './key-exchange/first-reply.ts';
import type { HostKeys } from './key-exchange/host-keys.ts';
import type { Disagreement } from './key-exchange/negotiation.ts';
import { describePeer, type Peer } from './arrival/peer.ts';
import { keepKeysFresh } from './key-exchange/rekey.ts';
import { isOverfull, SendGate } from './channels/send-gate.ts';
import { SignInRecord } from './sign-in/sign-in-record.ts';
import { signInConnection, type SignedInConnection } from './sign-in/signed-in-connection.ts';
import { watchSilence } from './silence.ts';
import { mendTransport, type TransportOptions } from './ssh2/transport.ts';
import { endUnreadable } from './unreadable.ts';

export interface ConnectionOptions {
  readonly log: Logger;
  readonly limits: Limits;
  readonly metrics: GatewayMetrics;
  readonly audit: (entry: AuditBody) => void;
  readonly loginGraceMs: number;
  /** 0 is off. */
  readonly idleTimeoutMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly hostKeys: HostKeys;
  readonly algorithms: TransportOptions['algorithms'];
  readonly judgeKey: AuthenticationOptions['judgeKey'];
  readonly opened: (
    connection: SignedInConnection,
    request: ChannelRequest,
    channel: ExecChannel,
  ) => void;
}

/**
 * One TCP connection from accept to close. It owns the socket and its deadlines. ssh2 takes part
 * once the client has identified itself, and only a {@link SignedInConnection} can open channels.
 * The first cause of the ending is logged.
 */
export class Connection {
  readonly peer: string;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  readonly #record: SignInRecord;
  readonly #whenSignedIn: () => void;
  readonly #acceptedAtMs: number;
  readonly #deadlines: { ident: NodeJS.Timeout; login: NodeJS.Timeout };
  #client: Ssh2Connection | null = null;
  #signedIn: SignedInConnection | null = null;
  #channels: Channels | null = null;
  #ending: Ending | null = null;
  #handshakeAtMs: number | null = null;
  #farewell: string | null = null;
  #graceful: NodeJS.Timeout | undefined;

  /**
   * `whenSignedIn` is called at most once: from then on the connection does not count as starting
   * up.
   */
  constructor(socket: Socket, peer: Peer, options: ConnectionOptions, whenSignedIn: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#whenSignedIn = whenSignedIn;
    this.peer = describePeer(peer);
    this.#address = peer.address;
    this.#log = options.log.child({ peer: this.peer });
    this.#record = new SignInRecord(this.#log, options, this.peer);
    this.#acceptedAtMs = options.now();
    // Trap G: ssh2 has no timer before sign-in, so a silent client would stay connected for ever.
    const noIdent = (): void => this.destroy('ident-timeout', 'no identification in time');
    const noSignIn = (): void =>
      this.disconnect('login-timeout', 'no sign-in in time; connect again');
    this.#deadlines = {
      ident: setTimeout(noIdent, options.limits.identDeadlineMs),
      login: setTimeout(noSignIn, options.loginGraceMs),
    };
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#onClose())));
    socket.once('end', () => this.#onEnd());
  }

  /** Null until it has signed in. */
  get identity(): Identity | null {
    return this.#signedIn?.identity ?? null;
  }

  /** Bytes that wait for the client to take them. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * ssh2 has read the client's identification, which names this software, and is about to exchange
   * keys.
   */
  attach(client: Ssh2Connection, software: string): void {
    clearTimeout(this.#deadlines.ident);
    this.#client = client;
    holdFirstReply(client, this.#socket, this.#options.limits);
    // Trap H: without this listener an error ends the process. After an error ssh2 keeps parsing
    // and leaves the socket open.
    client.on('error', ({ message }) => endUnreadable(this, client, message));
    const { hostKeys, algorithms, judgeKey, limits, metrics, idleTimeoutMs } = this.#options;
    const disagreed = (what: Disagreement): void =>
      this.disconnect('negotiation', ...this.#record.disagreed(what, software));
    mendTransport(client, { hostKeys, algorithms, disagreed, violation: this.#violation });
    client.once('handshake', () => this.#shookHands());
    client.on('rekey', () => metrics.rekeyed());
    const silent = (): void =>
      this.disconnect('silence', 'nothing heard for too long; connect again');
    watchSilence(this.#socket, idleTimeoutMs, silent);
    const authentication = new Authentication({ judgeKey, limits, address: this.#address });
    client.on('authentication', (context) => void this.#authenticate(authentication, context));
    this.#socket.on('data', () => {
      if (isOverfull(client, limits)) this.destroy('not-reading', 'client does not read');
    });
  }

  /**
   * Closes as soon as no channel is open. A connection from just before the drain gets a moment to
   * open its session; otherwise a restart would refuse it after all.
   */
  drain(reason: string | null): void {
    this.#farewell = withDrainReason(
      ['the service is being drained', '; connect again in a minute'],
      reason,
    );
    if (this.#channels?.wereUsed === true) this.#leaveIfIdle();
    else
      this.#graceful ??= setTimeout(() => this.#leaveIfIdle(), this.#options.limits.drainGraceMs);
  }

  /** Takes channels again. */
  undrain(): void {
    this.#farewell = null;
    clearTimeout(this.#graceful);
    this.#graceful = undefined;
  }

  /**
   * Sends a goodbye, and gives the client a moment to receive what is on its way. `reason` is for
   * the log.
   */
  disconnect(cause: CloseCause, reason: string, farewell: string = reason): void {
    this.#ending ??= { cause, reason };
    if (this.#client === null) {
      this.#socket.end();
    } else {
      sendDisconnect(this.#client, disconnectReasonOf(cause), `hatchery: ${farewell}`);
      this.#client.end();
    }
    this.#destroyAfterLinger();
  }

  destroy(cause: CloseCause, reason: string): void {
    this.#ending ??= { cause, reason };
    // At once, without waiting for the socket's event: from now on ssh2 throws at anything it
    // should send.
    this.#channels?.cutOff(`connection lost: ${this.#ending.reason}`);
    this.#socket.destroy();
  }

  #shookHands(): void {
    this.#handshakeAtMs = this.#options.now();
    this.#options.metrics.phase('kex', this.#handshakeAtMs - this.#acceptedAtMs);
  }

  async #authenticate(authentication: Authentication, context: AuthContext): Promise<void> {
    const askedAtMs = this.#options.now();
    try {
      const outcome = await authentication.decide(context);
      const { answer, identity, notice, ending } = outcome;
      if (answer === 'refuse' && context.method !== 'none')
        await delayRefusal(this.#options.now() - askedAtMs, this.#options.limits.refusalDelayMs);
      if (this.#socket.destroyed) return;
      this.#record.attempted(outcome);
      if (notice !== null) sendBanner(this.#client as Ssh2Connection, `hatchery: ${notice}`);
      if (ending !== null) this.disconnect(ending.cause, ending.reason, ending.farewell);
      else if (identity === null)
        answerTo(context, answer === 'ask-for-signature' ? answer : 'refuse');
      else this.#signIn(identity, context);
    } catch (error) {
      this.#failed(error);
    }
  }

  #signIn(identity: Identity, context: AuthContext): void {
    clearTimeout(this.#deadlines.login);
    this.#whenSignedIn();
    const { now, limits, opened, metrics, loginGraceMs } = this.#options;
    const signedIn = signInConnection(identity, this.peer, this.#acceptedAtMs, now());
    metrics.signedIn();
    metrics.phase('auth', signedIn.signedInAtMs - (this.#handshakeAtMs ?? this.#acceptedAtMs));
    const client = this.#client as Ssh2Connection;
    this.#signedIn = signedIn;
    this.#channels = new Channels(client, {
      gate: new SendGate(client, limits.socketBufferBytesPause),
      limits,
      guard: this.#guard,
      violation: this.#violation,
      opened: expectSession(this, this.#socket, loginGraceMs, opened.bind(null, signedIn)),
      refused: (what) => this.#log.info({ user: identity.user, what }, 'channel request refused'),
      idle: () => this.#onIdle(),
    });
    const freshKeys = keepKeysFresh(client, this.#socket, limits);
    this.#socket.once('close', () => freshKeys[Symbol.dispose]());
    this.#record.accepted(identity, signedIn.signedInAtMs - this.#acceptedAtMs);
    answerTo(context, 'accept');
  }

  /**
   * An error thrown by one of our handlers would reach ssh2's parser and be blamed on the client
   * (trap H).
   */
  readonly #guard: Guard =
    (handler) =>
    (...given) => {
      try {
        handler(...given);
      } catch (error) {
        this.#failed(error);
      }
    };

  readonly #violation = (what: string): void => this.destroy('protocol', `protocol: ${what}`);

  #failed(error: unknown): void {
    this.#log.error({ err: error, fault: 'system' }, 'connection handler failed');
    this.destroy('gateway', 'a defect or failure of the gateway');
  }

  #onIdle(): void {
    if (this.#farewell !== null)
      setTimeout(() => this.#leaveIfIdle(), this.#options.limits.lingerMs).unref();
  }

  #leaveIfIdle(): void {
    if (this.#farewell !== null && (this.#channels === null || this.#channels.isIdle))
      this.disconnect('draining', this.#farewell);
  }

  /** The client will send nothing more, and ssh2 has dismantled its protocol. */
  #onEnd(): void {
    this.#ending ??= this.#record.leaving;
    this.#channels?.cutOff(`connection lost: ${this.#ending.reason}`);
    this.#destroyAfterLinger();
  }

  #destroyAfterLinger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), this.#options.limits.lingerMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #onClose(): void {
    const { ident, login } = this.#deadlines;
    for (const timer of [ident, login, this.#graceful]) clearTimeout(timer);
    const { cause, reason } = this.#ending ?? this.#record.leaving;
    // The close of the connection ends all its sessions (trap E).
    this.#channels?.cutOff(`connection lost: ${reason}`);
    this.#options.metrics.connectionClosed(cause, this.#signedIn !== null);
    if (this.#signedIn === null) this.#record.refused({ cause, reason });
    else this.#log.info({ user: this.#signedIn.identity.user, cause, reason }, 'connection closed');
  }
}
