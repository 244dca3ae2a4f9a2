import type { Connection as Ssh2Connection, ServerChannel, Session as Ssh2Session } from 'ssh2';
import type { Limits } from '../../limits.ts';
import { mendFlowControl } from './channel-window.ts';
import { ExecChannel } from './exec-channel.ts';
import { channelInternals, internalsOf, sessionInternals } from '../ssh2/internals.ts';
import { answerLateRequests, enforceWindow, refuseOpensInWords } from '../ssh2/inbound-checks.ts';
import type { SendGate } from './send-gate.ts';

/** The client's request for a channel: exec, shell or subsystem. */
export type ChannelRequest =
  | { readonly kind: 'exec'; readonly line: string }
  | { readonly kind: 'shell' }
  | { readonly kind: 'subsystem'; readonly name: string };

/** Wraps one of our handlers before ssh2 calls it. */
export type Guard = <Given extends unknown[]>(
  handler: (...given: Given) => void,
) => (...given: Given) => void;

export interface ChannelsOptions {
  readonly gate: SendGate;
  readonly limits: Pick<Limits, 'channelsPerConnectionMax' | 'packetBytesMin' | 'packetBytesMax'>;
  readonly guard: Guard;
  /** The client broke a rule of the protocol. */
  readonly violation: (what: string) => void;
  readonly opened: (request: ChannelRequest, channel: ExecChannel) => void;
  /**
   * The client asked for something the gateway never grants, such as `x11-req`. Called for the
   * first such request of a connection.
   */
  readonly refused: (what: string) => void;
  /** No channel is open any more. */
  readonly idle: () => void;
}

/**
 * A decent client sends a handful of variables with short names; one that sends them without end
 * must not fill the log.
 */
const refusalsToldMax = 10;
const refusedNameMax = 80;

/** The channels of one signed-in connection. */
export class Channels {
  readonly #client: Ssh2Connection;
  readonly #options: ChannelsOptions;
  readonly #open = new Set<Ssh2Session>();
  readonly #withTerminal = new WeakSet<Ssh2Session>();
  #used = false;
  #refusals = 0;
  readonly #running = new Map<Ssh2Session, ExecChannel>();

  constructor(client: Ssh2Connection, options: ChannelsOptions) {
    this.#client = client;
    this.#options = options;
    answerLateRequests(internalsOf(client));
    enforceWindow(internalsOf(client), () => options.violation('more data than the window allows'));
    refuseOpensInWords(
      internalsOf(client),
      () => this.#whyNoSession(),
      (what) => this.#tellRefused(what),
    );
    client.on(
      'session',
      options.guard((accept) => this.#sessionRequested(accept)),
    );
    // Without this listener ssh2 ignores no-more-sessions@openssh.com.
    client.on(
      'request',
      options.guard((_accept, reject, name) => this.#refuse(reject, name)),
    );
  }

  /** Whether a channel was ever opened. */
  get wereUsed(): boolean {
    return this.#used;
  }

  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** The connection is gone, and every channel with it. */
  cutOff(reason: string): void {
    for (const channel of this.#running.values()) channel.cutOff(reason);
    this.#running.clear();
    this.#open.clear();
  }

  #whyNoSession(): string | null {
    const { channelsPerConnectionMax: most } = this.#options.limits;
    return this.#open.size >= most ? `more than ${most} channels` : null;
  }

  #sessionRequested(accept: () => Ssh2Session): void {
    const { limits, guard, violation } = this.#options;
    const session = accept();
    this.#open.add(session);
    this.#used = true;
    session.on(
      'close',
      guard(() => this.#closed(session)),
    );
    const { outgoing } = sessionInternals(session)._chanInfo;
    if (outgoing.packetSize < limits.packetBytesMin) {
      violation(`a packet size of ${outgoing.packetSize} bytes`);
      return;
    }
    outgoing.packetSize = Math.min(outgoing.packetSize, limits.packetBytesMax);
    this.#listen(session);
  }

  #listen(session: Ssh2Session): void {
    const { guard } = this.#options;
    session.on(
      'exec',
      guard((accept, _reject, info) =>
        this.#start(session, accept(), { kind: 'exec', line: info.command }),
      ),
    );
    session.on(
      'shell',
      guard((accept) => this.#start(session, accept(), { kind: 'shell' })),
    );
    session.on(
      'subsystem',
      guard((accept, _reject, info) =>
        this.#start(session, accept(), { kind: 'subsystem', name: info.name }),
      ),
    );
    // No command here uses a terminal, but the request is granted: otherwise ssh(1) with -tt gives
    // up at once, and its user never reads why there is no shell.
    session.on(
      'pty',
      guard((accept) => {
        this.#withTerminal.add(session);
        accept?.();
      }),
    );
    session.on(
      'x11',
      guard((_accept, reject) => this.#refuse(reject, 'x11-req')),
    );
    session.on(
      'auth-agent',
      guard((_accept, reject) => this.#refuse(reject, 'auth-agent-req')),
    );
    session.on(
      'env',
      guard((_accept, reject, info) => this.#refuse(reject, `env ${info.key}`)),
    );
  }

  #start(session: Ssh2Session, accepted: ServerChannel, request: ChannelRequest): void {
    const { gate, opened } = this.#options;
    mendFlowControl(channelInternals(accepted));
    const lineEnd = this.#withTerminal.has(session) ? '\r\n' : '\n';
    const channel = new ExecChannel(accepted, internalsOf(this.#client)._protocol, {
      gate,
      lineEnd,
    });
    this.#running.set(session, channel);
    opened(request, channel);
  }

  #refuse(reject: (() => void) | undefined, what: string): void {
    this.#tellRefused(what);
    // Absent when the client wants no reply.
    reject?.();
  }

  #tellRefused(what: string): void {
    this.#refusals += 1;
    if (this.#refusals <= refusalsToldMax) this.#options.refused(what.slice(0, refusedNameMax));
  }

  #closed(session: Ssh2Session): void {
    const channel = this.#running.get(session);
    if (channel === undefined) this.#closeUnused(session);
    this.#running.delete(session);
    this.#open.delete(session);
    channel?.leave('client closed the channel');
    if (this.#open.size === 0) this.#options.idle();
  }

  /** A channel that was closed before any use: ssh2 neither answers nor forgets it. */
  #closeUnused(session: Ssh2Session): void {
    const { incoming, outgoing } = sessionInternals(session)._chanInfo;
    const { _protocol, _chanMgr } = internalsOf(this.#client);
    _protocol.channelClose(outgoing.id);
    _chanMgr.remove(incoming.id);
  }
}
