import { randomBytes } from 'node:crypto';
import { drainLine } from '@hatchery/event-feed';
import type { RunningSession } from '@hatchery/events';
import { decideCommand, noShellLine, noSubsystemLine } from '../command/command.ts';
import type { Places, SessionPlace } from '../places/places.ts';
import type { ChannelRequest } from '../ssh/channels/channels.ts';
import type { Identity } from '../ssh/sign-in/authentication.ts';
import type { SignedInConnection } from '../ssh/sign-in/signed-in-connection.ts';
import type { ExecChannel } from '../ssh/channels/exec-channel.ts';
import type { Drain } from '../status/status.ts';
import { Session } from './session.ts';
import type { SessionOptions, SessionServices } from './session-services.ts';

export interface SessionsOptions extends SessionServices {
  readonly places: Places;
  /** The drain that refuses new sessions, or null. */
  readonly drain: () => Drain | null;
}

/** Characters of a refused command in the log: more than any real command has. */
const loggedLineMax = 200;

interface Refusal {
  readonly kind: 'refused';
  /** From a closed list. */
  readonly reason: string;
  readonly line: string;
}

/** The outcome of a channel request. */
type Admission = { readonly kind: 'run'; readonly command: readonly string[] } | Refusal;

/** A channel request, and its user and connection. */
interface Asked {
  readonly connection: SignedInConnection;
  readonly request: ChannelRequest;
  readonly channel: ExecChannel;
}

/** Every session of this process: admits them, lists them, and waits for them. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #running = new Map<Session, Identity>();
  /** Sessions that wait for their place. */
  readonly #opening = new Set<Promise<void>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#running.size;
  }

  /** Runs what the client asked for, or tells it why not. */
  open(connection: SignedInConnection, request: ChannelRequest, channel: ExecChannel): void {
    const isFirst = connection.takeFirst();
    const asked: Asked = { connection, request, channel };
    const admission = this.#admit(connection.identity.user, request, isFirst);
    if (admission.kind === 'refused') return this.#refuse(asked, admission);
    const opening = this.#enter(asked, admission.command, isFirst).finally(() =>
      this.#opening.delete(opening),
    );
    this.#opening.add(opening);
  }

  /** The running sessions, as an operator sees them. */
  get summaries(): RunningSession[] {
    return [...this.#running.keys()].map((session) => session.summary);
  }

  /**
   * Ends the patience with children whose clients have gone; without `isMeant` with all of them.
   */
  hurry(isMeant: (identity: Identity) => boolean = () => true): void {
    for (const [session, identity] of this.#running) if (isMeant(identity)) session.hurry();
  }

  /** Resolves when no session is left. */
  async ended(): Promise<void> {
    while (this.#running.size + this.#opening.size > 0) {
      await Promise.all(this.#opening);
      await Promise.all([...this.#running.keys()].map((session) => session.ended));
    }
  }

  get #drainRefusal(): Refusal {
    const reason = this.#options.drain()?.reason ?? null;
    return {
      kind: 'refused',
      reason: 'draining',
      line: `hatchery: ${drainLine('session', reason)}`,
    };
  }

  #admit(user: string, request: ChannelRequest, isFirst: boolean): Admission {
    if (request.kind === 'shell')
      return { kind: 'refused', reason: 'shell', line: noShellLine(user) };
    if (request.kind === 'subsystem')
      return { kind: 'refused', reason: 'subsystem', line: noSubsystemLine(request.name) };
    const decision = decideCommand(request.line, user, this.#options.limits.execLineBytesMax);
    if (decision.kind === 'refused') return decision;
    // A connection that came before the drain gets what it came for.
    if (this.#options.drain() !== null && !isFirst) return this.#drainRefusal;
    return { kind: 'run', command: decision.command };
  }

  async #enter(asked: Asked, command: readonly string[], isFirst: boolean): Promise<void> {
    const { user } = asked.connection.identity;
    const place = await this.#options.places.session(user);
    if (place === null) return this.#refuse(asked, this.#drainRefusal);
    if ('left' in place) return this.#start({ ...asked, command, isFirst }, place);
    const { running, max } = place;
    const line = `hatchery: ${user} has ${running} sessions running and may have ${max}; wait for one to end`;
    this.#refuse(asked, { kind: 'refused', reason: 'sessions-per-user', line });
  }

  #refuse({ connection, request, channel }: Asked, { reason, line }: Refusal): void {
    const { log, metrics, audit } = this.#options;
    const { user } = connection.identity;
    const { peer } = connection;
    const asked = describeRequest(request);
    log.info({ user, peer, request: asked, reason }, 'session refused');
    metrics.sessionRefused(reason, 'client');
    audit({ kind: 'session.refused', user, peer, reason, request: asked });
    channel.refuse(line, 1);
  }

  #start(options: Omit<SessionOptions, 'id'>, place: SessionPlace): void {
    const session = new Session({ id: randomBytes(8).toString('hex'), ...options }, this.#options);
    this.#running.set(session, options.connection.identity);
    void session.ended.then(() => {
      this.#running.delete(session);
      place.left();
    });
  }
}

/** The requested command, cut to a maximum length. */
function describeRequest(request: ChannelRequest): string {
  if (request.kind === 'exec') return request.line.slice(0, loggedLineMax);
  return request.kind === 'shell' ? 'shell' : `subsystem ${request.name.slice(0, loggedLineMax)}`;
}
