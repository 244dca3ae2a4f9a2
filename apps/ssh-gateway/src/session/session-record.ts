import {
  failureOfStatus,
  isOurs,
  type RunningSession,
  type SessionPhasesMs,
} from '@hatchery/events';
import type { Phase, SessionResult } from '../metrics/gateway-metrics.ts';
import type { ChildExit } from '../ssh/channels/exit-report.ts';
import type { SessionChild } from './fork-service.ts';
import type { Pumps } from './pumps.ts';
import type { SessionOptions, SessionServices } from './session-services.ts';

/** The records of a session: its access line, its events and its metrics. */
export class SessionRecord {
  readonly #options: SessionOptions;
  readonly #services: SessionServices;
  readonly #openedAtMs: number;
  #forkedAtMs: number | null = null;
  #firstByteAtMs: number | null = null;
  #exit: ChildExit | null = null;
  #refusal: { readonly reason: string; readonly result: SessionResult } | null = null;
  #failed = false;
  #killedFor: string | null = null;

  constructor(options: SessionOptions, services: SessionServices) {
    this.#options = options;
    this.#services = services;
    this.#openedAtMs = services.now();
    const { connection } = options;
    // Only of the first session: with multiplexing, later sessions open when the user likes, so the
    // time before them measures nothing.
    if (options.isFirst) this.#phase('exec', connection.signedInAtMs, this.#openedAtMs);
  }

  /** The fork service could not help, so the gateway spawned the child itself. */
  spawned(childId: string, reason: string): void {
    this.#services.metrics.sessionSpawned();
    this.#services.publish({
      kind: 'session.spawned',
      sessionId: this.#options.id,
      childId,
      reason,
    });
  }

  forked(): void {
    this.#forkedAtMs = this.#services.now();
    this.#phase('forked', this.#openedAtMs, this.#forkedAtMs);
  }

  firstByte(): void {
    if (this.#firstByteAtMs !== null || this.#forkedAtMs === null) return;
    this.#firstByteAtMs = this.#services.now();
    this.#phase('first_byte', this.#forkedAtMs, this.#firstByteAtMs);
  }

  /** Why there will be no session, and whose fault it is. `reason` is from a closed list. */
  refused(reason: string, result: SessionResult): void {
    this.#refusal = { reason, result };
  }

  /** The gateway found a defect of its own. */
  failed(): void {
    this.#failed = true;
  }

  opened(childId: string): void {
    const { id: sessionId, connection, command } = this.#options;
    const { identity, peer } = connection;
    const { user } = identity;
    this.#services.metrics.sessionOpened();
    this.#services.publish({
      kind: 'session.opened',
      sessionId,
      childId,
      user,
      peer,
      command: command.join(' '),
    });
  }

  exited(exit: ChildExit): void {
    this.#exit = exit;
  }

  /**
   * The child was killed for a reason its user reads: use it as the reason of the ending, which is
   * not clean.
   */
  killed(cause: string): void {
    this.#killedFor = cause;
  }

  /** Without `pumps` the session never started. */
  ended(ending: string, child: Pick<SessionChild, 'id' | 'pid'> | null, pumps: Pumps | null): void {
    if (pumps === null || child === null) return this.#neverWas();
    const reason = this.#killedFor ?? ending;
    const { metrics, publish, audit } = this.#services;
    const { id: sessionId, connection, command } = this.#options;
    const { identity, peer } = connection;
    const { branch, bytes } = pumps;
    const all = this.#phasesMs;
    const { end, ...phasesMs } = all;
    metrics.sessionClosed(this.#result(reason), this.#ageMs, bytes);
    publish({ kind: 'session.closed', sessionId, childId: child.id, reason, bytes, phasesMs: all });
    audit({
      kind: 'session.closed',
      sessionId,
      childId: child.id,
      pid: child.pid,
      user: identity.user,
      peer,
      fingerprint: identity.fingerprint,
      command: command.join(' '),
      branch,
      bytes,
      phasesMs,
      lastedMs: end ?? 0,
      exit: exitWord(this.#exit),
      reason,
    });
  }

  summary(state: string, childId: string | null, pumps: Pumps | null): RunningSession {
    const { id: sessionId, connection, command } = this.#options;
    return {
      sessionId,
      childId,
      user: connection.identity.user,
      peer: connection.peer,
      command: command.join(' '),
      branch: pumps?.branch ?? null,
      state,
      ageMs: Math.round(this.#ageMs),
      bytes: pumps?.bytes ?? null,
    };
  }

  accessFields(pumps: Pumps | null): Record<string, unknown> {
    const { fingerprint } = this.#options.connection.identity;
    const [branch, bytes] = [pumps?.branch ?? null, pumps?.bytes ?? null];
    return { fingerprint, exit: this.#exit, branch, bytes, phasesMs: this.#phasesMs };
  }

  /**
   * Each phase in milliseconds since the previous one; null for a phase that was not reached.
   * `auth` is the connection's, shared by its sessions.
   */
  get #phasesMs(): SessionPhasesMs {
    const { acceptedAtMs, signedInAtMs } = this.#options.connection;
    const since = (from: number | null, to: number | null): number | null =>
      from === null || to === null ? null : Math.round((to - from) * 10) / 10;
    return {
      auth: since(acceptedAtMs, signedInAtMs),
      exec: since(signedInAtMs, this.#openedAtMs),
      forked: since(this.#openedAtMs, this.#forkedAtMs),
      firstByte: since(this.#forkedAtMs, this.#firstByteAtMs),
      end: since(this.#openedAtMs, this.#services.now()),
    };
  }

  #neverWas(): void {
    const { metrics, audit } = this.#services;
    const { connection, command } = this.#options;
    const refusal = this.#refusal ?? defect;
    metrics.sessionRefused(refusal.reason, refusal.result);
    const { identity, peer } = connection;
    const { user } = identity;
    audit({
      kind: 'session.refused',
      user,
      peer,
      reason: refusal.reason,
      request: command.join(' '),
    });
  }

  get #ageMs(): number {
    return this.#services.now() - this.#openedAtMs;
  }

  /**
   * A child that fails is the user's affair, unless it reports our fault; an unknown exit is our
   * fault.
   */
  #result(reason: string): SessionResult {
    if (this.#failed) return 'system';
    if (reason !== 'finished') return 'client';
    if (this.#exit === null || this.#exit.kind === 'unknown') return 'system';
    const failure = failureOfStatus(exitWord(this.#exit));
    if (failure === null) return 'ok';
    return isOurs(failure) ? 'system' : 'client';
  }

  #phase(phase: Phase, fromMs: number, toMs: number): void {
    this.#services.metrics.phase(phase, toMs - fromMs);
  }
}

/** An exit status, or a signal's name; null when unknown. */
function exitWord(exit: ChildExit | null): number | string | null {
  if (exit === null || exit.kind === 'unknown') return null;
  return exit.kind === 'code' ? exit.code : exit.signal;
}

/** A failure without a given reason is unexpected. */
const defect = { reason: 'internal-error', result: 'system' } as const;
