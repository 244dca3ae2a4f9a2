import type { AuthContext, PublicKeyAuthContext } from 'ssh2';
import { judge, noAttempts, type AuthenticationAnswer } from '../../auth/attempts.ts';
import { KeysUnavailableError } from '../../auth/key-source.ts';
import type { PublicKeyRequest, PublicKeyVerdict } from '../../auth/sign-in-policy.ts';
import type { Limits } from '../../limits.ts';
import { keysUnavailable, type Ending } from '../close-cause.ts';

/** The user of a connection, proved by a signature. */
export interface Identity {
  readonly user: string;
  /** The user's teams at the time of the sign-in. */
  readonly teams: readonly string[];
  /** Of the plain key, also when it came in a certificate. */
  readonly fingerprint: string;
  readonly certificate: PublicKeyVerdict['certificate'];
}

export interface AuthenticationOptions {
  /** @throws {KeysUnavailableError} when the source cannot answer at present */
  readonly judgeKey: (request: PublicKeyRequest) => Promise<PublicKeyVerdict>;
  readonly limits: Pick<Limits, 'authenticationFailuresMax' | 'authenticationRequestsMax'>;
  /** The client's, without port and brackets. */
  readonly address: string;
}

/** One answered request, for the log. `identity` is set only with `accept`. */
export interface AuthenticationOutcome {
  readonly answer: AuthenticationAnswer;
  readonly identity: Identity | null;
  readonly user: string;
  readonly method: string;
  readonly fingerprint: string | null;
  readonly certificate: PublicKeyVerdict['certificate'];
  /** The reason for a refusal, only for the log: a stranger must not learn what is wrong. */
  readonly reason: string | null;
  /** Refused because the source of keys did not answer; a stranger gets the same refusal. */
  readonly unavailable: boolean;
  /** A message to the client besides the answer, sent at the first opportunity. */
  readonly notice: string | null;
  /** Set with `disconnect`: the cause for the log, and the text for the client. */
  readonly ending: (Ending & { readonly farewell: string }) | null;
}

const unproved = { fingerprint: null, certificate: null };
const quiet = { unavailable: false, notice: null };
const unavailableText = 'sign-in is temporarily unavailable; try again in a minute';

/** The sign-in of one connection. Only `publickey` is offered. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  #attempts = noAttempts;
  #wasUnavailable = false;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /**
   * Decides about one request without answering it: see {@link answerTo}. @throws the errors of the
   * sources of keys, such as a disk's
   */
  async decide(context: AuthContext): Promise<AuthenticationOutcome> {
    const { username: user, method } = context;
    if (context.method !== 'publickey') {
      const answer = this.#judge({ method: method === 'none' ? 'none' : 'other' });
      const ending = this.#endingOf(answer);
      return { answer, identity: null, user, method, ...unproved, reason: null, ...quiet, ending };
    }
    try {
      const verdict = await this.#options.judgeKey(requestIn(context, this.#options.address));
      return this.#outcome(user, verdict);
    } catch (error) {
      if (!(error instanceof KeysUnavailableError)) throw error;
      return this.#unavailable(user, error.message);
    }
  }

  #outcome(user: string, verdict: PublicKeyVerdict): AuthenticationOutcome {
    const { authorized, signature, fingerprint, teams, certificate, reason } = verdict;
    const answer = this.#judge({ method: 'publickey', authorized, signature });
    // The identity is bound only here: to the key whose signature was checked in this very request
    // (trap M).
    const identity = answer === 'accept' ? { user, teams, fingerprint, certificate } : null;
    const asked = { user, method: 'publickey', fingerprint, certificate };
    return { answer, identity, ...asked, reason, ...quiet, ending: this.#endingOf(answer) };
  }

  /**
   * A plain refusal, with a banner that says why. A disconnect would keep out a known user whose
   * agent offers another key first, and to treat that user differently from a stranger would reveal
   * that the user exists.
   */
  #unavailable(user: string, reason: string): AuthenticationOutcome {
    const notice = this.#wasUnavailable ? null : unavailableText;
    this.#wasUnavailable = true;
    const answer = this.#judge({ method: 'publickey', authorized: false, signature: 'absent' });
    const asked = { user, method: 'publickey', ...unproved };
    return {
      answer,
      identity: null,
      ...asked,
      reason,
      unavailable: true,
      notice,
      ending: this.#endingOf(answer),
    };
  }

  #endingOf(answer: AuthenticationAnswer): AuthenticationOutcome['ending'] {
    if (answer !== 'disconnect') return null;
    if (this.#wasUnavailable) return { ...keysUnavailable, farewell: unavailableText };
    // The text of OpenSSH's sshd, which users know how to search for.
    const farewell =
      'Too many authentication failures; offer one key alone: ssh -o IdentitiesOnly=yes -i KEYFILE';
    return { cause: 'sign-in-attempts', reason: 'too many sign-in attempts', farewell };
  }

  #judge(request: Parameters<typeof judge>[1]): AuthenticationAnswer {
    const { authenticationFailuresMax: failures, authenticationRequestsMax: requests } =
      this.#options.limits;
    const { attempts, answer } = judge(this.#attempts, request, { failures, requests });
    this.#attempts = attempts;
    return answer;
  }
}

/** Passes the answer to ssh2. The caller handles `disconnect`. */
export function answerTo(
  context: AuthContext,
  answer: 'accept' | 'ask-for-signature' | 'refuse',
): void {
  // For a request without a signature, ssh2's accept means "that key would do".
  if (answer === 'refuse') context.reject(['publickey']);
  else context.accept();
}

function requestIn(
  { username: user, key, signature, blob }: PublicKeyAuthContext,
  address: string,
): PublicKeyRequest {
  const signed = { signature: signature ?? null, signedData: blob ?? Buffer.alloc(0) };
  return { user, algorithm: key.algo, blob: key.data, ...signed, address };
}
