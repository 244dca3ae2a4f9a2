import type { Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import type { AuthenticationOutcome, Identity } from './authentication.ts';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.ts';
import { clientLeft, keysUnavailable, type Ending } from '../close-cause.ts';
import { shown, type Disagreement } from '../key-exchange/negotiation.ts';
import { signInRefusalOf } from './sign-in-refusal.ts';

type Attempt = Omit<
  AuthenticationOutcome,
  'answer' | 'identity' | 'unavailable' | 'notice' | 'ending'
>;

interface RecordedIn {
  readonly audit: (entry: AuditBody) => void;
  readonly metrics: Pick<GatewayMetrics, 'signInRefused' | 'negotiationFailed'>;
}

/** Reports one connection's sign-in: to the log, the audit and the metrics. */
export class SignInRecord {
  readonly #log: Logger;
  readonly #audit: (entry: AuditBody) => void;
  readonly #peer: string;
  readonly #metrics: RecordedIn['metrics'];
  #hasAsked = false;
  #lastRefusal: Attempt | null = null;
  #leaving = clientLeft;

  constructor(log: Logger, { audit, metrics }: RecordedIn, peer: string) {
    this.#log = log;
    this.#audit = audit;
    this.#metrics = metrics;
    this.#peer = peer;
  }

  /** The likely reason if the client gives up now. */
  get leaving(): Ending {
    return this.#leaving;
  }

  attempted({
    answer,
    identity: _identity,
    unavailable,
    notice: _notice,
    ending: _ending,
    ...attempt
  }: AuthenticationOutcome): void {
    this.#hasAsked = true;
    this.#log.debug({ ...attempt, answer }, 'sign-in attempted');
    if (attempt.reason !== null) this.#lastRefusal = attempt;
    if (!unavailable || this.#leaving === keysUnavailable) return;
    this.#leaving = keysUnavailable;
    this.#log.error({ ...attempt, fault: 'system' }, 'sign-in unavailable');
  }

  /**
   * Client and gateway have no algorithm of some kind in common; reported to the log and the
   * client.
   */
  disagreed(
    { kind, what, offered }: Disagreement,
    software: string,
  ): [reason: string, farewell: string] {
    const reason = `no ${what} in common with ${shown([software])}, which offers ${offered}`;
    this.#log.info({ kind, offered, software: shown([software]) }, 'no algorithm in common');
    this.#metrics.negotiationFailed(kind);
    this.#audit({ kind: 'connection.refused', peer: this.#peer, reason });
    return [reason, `no ${what} in common; use a newer SSH client, or ask the operator`];
  }

  /** `authMs` is from the accept to the sign-in. */
  accepted(identity: Identity, authMs: number): void {
    this.#leaving = clientLeft;
    this.#log.info({ ...identity, phasesMs: { auth: authMs } }, 'signed in');
    const { user, fingerprint, certificate } = identity;
    this.#audit({
      kind: 'sign-in.accepted',
      user,
      peer: this.#peer,
      fingerprint,
      certificate: certificate?.keyId ?? null,
    });
  }

  /** The connection has closed without a sign-in. */
  refused({ cause, reason }: Ending): void {
    const lastRefusal = this.#lastRefusal;
    // A client that gives up gives no reason; the last message it got from us explains it.
    this.#log.info({ user: null, cause, reason, lastRefusal }, 'sign-in refused');
    if (this.#hasAsked || cause === 'gateway') {
      const refusal = signInRefusalOf(cause, lastRefusal?.reason ?? null);
      this.#metrics.signInRefused(refusal.reason, refusal.fault);
    }
    // No sign-in was tried: a scanner, or a balancer that checks whether the port is open.
    if (lastRefusal === null) return;
    const { user, fingerprint } = lastRefusal;
    this.#audit({
      kind: 'sign-in.refused',
      user,
      peer: this.#peer,
      fingerprint,
      reason: lastRefusal.reason ?? reason,
    });
  }
}
