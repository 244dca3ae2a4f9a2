import { randomBytes } from 'node:crypto';
import { decideCommand, noShellLine, noSubsystemLine } from '../command/command.ts';
import type { ChannelRequest } from '../ssh/channels.ts';
import type { SignedInConnection } from '../ssh/signed-in-connection.ts';
import type { ExecChannel } from '../ssh/exec-channel.ts';
import type { SessionSummary } from './session-record.ts';
import { Session, type SessionOptions, type SessionServices } from './session.ts';

export interface SessionsOptions extends SessionServices {
  readonly sessionsPerUserMax: number;
}

/** Characters of a refused command in the log: more than any real one has. */
const loggedLineMax = 200;

/** What becomes of a channel request. */
type Admission =
  | { readonly kind: 'run'; readonly command: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly line: string };

/** Every session of this process: admits them, knows them, and waits for them. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #byUser = new Map<string, Set<Session>>();
  #draining = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return [...this.#byUser.values()].reduce((sum, sessions) => sum + sessions.size, 0);
  }

  /** Runs what the client asked for, or tells it why not. */
  open(connection: SignedInConnection, request: ChannelRequest, channel: ExecChannel): void {
    const isFirst = connection.takeFirst();
    const admission = this.#admit(connection.identity.user, request, isFirst);
    if (admission.kind === 'refused') {
      const { user } = connection.identity;
      const { peer } = connection;
      const asked = describeRequest(request);
      this.#options.log.info({ user, peer, request: asked, reason: admission.reason }, 'session refused');
      this.#options.metrics.sessionRefused(admission.reason, 'client');
      const told = { kind: 'session.refused', user, peer, reason: admission.reason } as const;
      this.#options.publish(told);
      this.#options.audit({ ...told, request: asked });
      channel.refuse(admission.line, 1);
      return;
    }
    this.#start({ connection, channel, command: admission.command, isFirst });
  }

  /** What runs, as an operator sees it. */
  get summaries(): SessionSummary[] {
    return this.#all().map((session) => session.summary);
  }

  /** Takes no session from now on but the first one of a connection. */
  drain(): void {
    this.#draining = true;
  }

  undrain(): void {
    this.#draining = false;
  }

  /** Ends the patience with children whose clients have gone. */
  hurry(): void {
    for (const session of this.#all()) session.hurry();
  }

  /** Resolves when no session is left. */
  async ended(): Promise<void> {
    while (this.count > 0) await Promise.all(this.#all().map((session) => session.ended));
  }

  #admit(user: string, request: ChannelRequest, isFirst: boolean): Admission {
    if (request.kind === 'shell') return { kind: 'refused', reason: 'shell', line: noShellLine(user) };
    if (request.kind === 'subsystem')
      return { kind: 'refused', reason: 'subsystem', line: noSubsystemLine(request.name) };
    const decision = decideCommand(request.line, user, this.#options.limits.execLineBytesMax);
    if (decision.kind === 'refused') return decision;
    // A connection that came before the drain gets what it came for.
    if (this.#draining && !isFirst)
      return {
        kind: 'refused',
        reason: 'draining',
        line: 'hatchery: the service is restarting; try again in a minute',
      };
    const { sessionsPerUserMax: max } = this.#options;
    const running = this.#byUser.get(user)?.size ?? 0;
    if (running < max) return { kind: 'run', command: decision.command };
    return {
      kind: 'refused',
      reason: 'sessions-per-user',
      line: `hatchery: ${user} has ${running} sessions running and may have ${max}; wait for one to end`,
    };
  }

  #start(options: Omit<SessionOptions, 'id'>): void {
    const { user } = options.connection.identity;
    const session = new Session({ id: randomBytes(8).toString('hex'), ...options }, this.#options);
    const sessions = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, sessions.add(session));
    void session.ended.then(() => {
      sessions.delete(session);
      if (sessions.size === 0) this.#byUser.delete(user);
    });
  }

  #all(): Session[] {
    return [...this.#byUser.values()].flatMap((sessions) => [...sessions]);
  }
}

/** What was asked for, not at any length a client likes. */
function describeRequest(request: ChannelRequest): string {
  if (request.kind === 'exec') return request.line.slice(0, loggedLineMax);
  return request.kind === 'shell' ? 'shell' : `subsystem ${request.name.slice(0, loggedLineMax)}`;
}
