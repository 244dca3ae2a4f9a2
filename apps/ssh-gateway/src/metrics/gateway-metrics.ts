import { gauge, readFamilies, type Family, type Labels } from '@hatchery/metrics';
import { type Counter, Histogram, Registry } from 'prom-client';
import type { NegotiatedKind } from '../ssh/key-exchange/negotiation.ts';
import { counterIn } from './counter-in.ts';

/** Whose doing it was that a session came to nothing. */
export type SessionResult = 'ok' | 'client' | 'system';

/** From a millisecond, which is a local fork, to a minute, which is the login grace. */
const phaseBoundsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** A push of a big branch is hours. */
const sessionBoundsS = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 28_800];

/** The steps a client waits for, each from the end of the one before. */
export type Phase = 'kex' | 'auth' | 'exec' | 'forked' | 'first_byte';

/** How much there is of something, and how much there may be. */
export interface Level {
  readonly connections: number;
  readonly connectionsMax: number;
  /** Null where another process counts them. */
  readonly unauthenticated: number | null;
  readonly unauthenticatedMax: number;
  readonly sessions: number;
  /** Bytes that wait in this process for clients to take them. */
  readonly bufferedBytes: number;
  readonly draining: boolean;
}

/** Counts connections turned away before SSH, also where no worker was asked. */
export function refusedConnections(registry: Registry): Counter {
  const help = 'Connections turned away before SSH, by limit.';
  return counterIn(registry, 'hatchery_ssh_connections_refused_total', help, ['reason']);
}

/**
 * What one process of the gateway has counted. Saturation, traffic, errors and latency of each
 * phase.
 */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #accepted = this.#counter('connections_total', 'TCP connections accepted.');
  readonly #refused = refusedConnections(this.#registry);
  readonly #signIns = this.#counter('sign_ins_total', 'Connections that signed in.');
  readonly #signInsRefused = this.#counter(
    'sign_ins_refused_total',
    'Connections that asked to be let in and were not, by the last reason they heard.',
    ['reason'],
    [{ reason: 'unknown-key' }, { reason: 'keys-unavailable' }],
  );
  readonly #negotiations = this.#counter(
    'negotiations_failed_total',
    'Connections of clients that have no algorithm of a kind in common with the gateway.',
    ['kind'],
    (['kex', 'host-key', 'cipher', 'mac', 'compression'] as const).map((kind) => ({ kind })),
  );
  readonly #closed = this.#counter(
    'connections_closed_total',
    'Ended connections by cause, and whether they had signed in.',
    ['cause', 'signed_in'],
  );
  readonly #opened = this.#counter('sessions_opened_total', 'Sessions whose child was connected.');
  readonly #spawned = this.#counter(
    'sessions_spawned_total',
    'Sessions started without the fork service, which was away (ssh.fallback).',
  );
  readonly #sessionsRefused = this.#counter(
    'sessions_refused_total',
    'Session requests that were turned down, by reason.',
    ['reason'],
  );
  readonly #results = this.#counter(
    'session_results_total',
    'Session requests, and connections that our fault kept from signing in, by whose doing their end was; the error ratio is system over all.',
    ['result'],
    [{ result: 'ok' }, { result: 'client' }, { result: 'system' }],
  );
  readonly #bytes = this.#counter(
    'session_bytes_total',
    'Bytes of ended sessions by direction.',
    ['direction'],
    [{ direction: 'in' }, { direction: 'out' }, { direction: 'err' }],
  );
  readonly #rekeys = this.#counter(
    'rekeys_total',
    'Key exchanges after the first of a connection.',
  );
  readonly #phases = this.#histogram(
    'phase_seconds',
    'What a client waits for, each phase from the end of the one before.',
    phaseBoundsS,
    ['phase'],
  );
  readonly #sessionTime = this.#histogram(
    'session_seconds',
    'Length of a session.',
    sessionBoundsS,
  );
  readonly #ignored = this.#counter(
    'account_lines_ignored_total',
    'Keys and teams of users that were left out, and look-ups that failed.',
    ['about'],
    [{ about: 'keys' }, { about: 'teams' }],
  );
  readonly #loopDelay = this.#histogram(
    'event_loop_delay_seconds',
    'How much later than due a timer was served: what every client of a process waits, a key exchange of others included.',
    phaseBoundsS,
  );

  loopDelayed(ms: number): void {
    this.#loopDelay.observe(Math.max(0, ms) / 1000);
  }

  connectionAccepted(): void {
    this.#accepted.inc();
  }

  /** `reason` is of a closed list. */
  connectionRefused(reason: string): void {
    this.#refused.inc({ reason });
  }

  accountPartlyIgnored(about: 'keys' | 'teams'): void {
    this.#ignored.inc({ about });
  }

  signedIn(): void {
    this.#signIns.inc();
  }

  /** `cause` is of a closed list. */
  connectionClosed(cause: string, signedIn: boolean): void {
    this.#closed.inc({ cause, signed_in: String(signedIn) });
  }

  /**
   * Somebody asked to be let in and was not. `reason` is of a closed list; with `system` it was our
   * fault, and is the end of the session they came for.
   */
  signInRefused(reason: string, fault: 'client' | 'system'): void {
    this.#signInsRefused.inc({ reason });
    if (fault === 'system') this.#results.inc({ result: 'system' });
  }

  /** `kind` is of a closed list. */
  negotiationFailed(kind: NegotiatedKind): void {
    this.#negotiations.inc({ kind });
  }

  sessionSpawned(): void {
    this.#spawned.inc();
  }

  sessionOpened(): void {
    this.#opened.inc();
  }

  /** `reason` is of a closed list. */
  sessionRefused(reason: string, result: SessionResult): void {
    this.#sessionsRefused.inc({ reason });
    this.#results.inc({ result });
  }

  sessionClosed(
    result: SessionResult,
    ms: number,
    bytes: { in: number; out: number; err: number },
  ): void {
    this.#results.inc({ result });
    this.#sessionTime.observe(ms / 1000);
    for (const [direction, count] of Object.entries(bytes)) this.#bytes.inc({ direction }, count);
  }

  rekeyed(): void {
    this.#rekeys.inc();
  }

  phase(phase: Phase, ms: number): void {
    this.#phases.observe({ phase }, ms / 1000);
  }

  async read(level: Level): Promise<Family[]> {
    return [...(await readFamilies(this.#registry)), ...levelFamilies(level)];
  }

  #counter(
    name: string,
    help: string,
    labelNames: readonly string[] = [],
    known: readonly Labels[] = [],
  ): Counter {
    return counterIn(this.#registry, `hatchery_ssh_${name}`, help, labelNames, known);
  }

  #histogram(
    name: string,
    help: string,
    boundsS: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram {
    return new Histogram({
      name: `hatchery_ssh_${name}`,
      help,
      labelNames: [...labelNames],
      buckets: [...boundsS],
      registers: [this.#registry],
    });
  }
}

function levelFamilies(level: Level): Family[] {
  return [
    gauge('hatchery_ssh_connections', 'Open connections.', level.connections),
    gauge('hatchery_ssh_connections_limit', 'Open connections there may be.', level.connectionsMax),
    ...(level.unauthenticated === null
      ? []
      : startupFamilies(level.unauthenticated, level.unauthenticatedMax)),
    gauge('hatchery_ssh_sessions', 'Running sessions.', level.sessions),
    gauge(
      'hatchery_ssh_buffered_bytes',
      'Bytes that wait for clients to take them.',
      level.bufferedBytes,
    ),
    gauge('hatchery_ssh_draining', 'Processes that take nothing new.', level.draining ? 1 : 0),
  ];
}

/** How many connections have not signed in, and how many there may be. */
export function startupFamilies(count: number, max: number): Family[] {
  return [
    gauge('hatchery_ssh_unauthenticated', 'Connections that have not signed in.', count),
    gauge('hatchery_ssh_unauthenticated_limit', 'Above this all new ones are dropped.', max),
  ];
}
