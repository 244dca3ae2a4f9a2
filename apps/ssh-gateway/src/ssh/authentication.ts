import ssh2, { type AuthContext, type PublicKeyAuthContext } from 'ssh2';
import { judge, noAttempts, type AuthenticationAnswer, type AuthenticationRequest } from '../auth/attempts.ts';
import { fingerprintOf, type AuthorizedKey } from '../auth/authorized-keys.ts';
import type { Limits } from '../limits.ts';

/** Who a connection belongs to, proved by a signature. */
export interface Identity {
  readonly user: string;
  readonly fingerprint: string;
}

export interface AuthenticationOptions {
  /** The user's key with this blob, or null. */
  readonly findKey: (user: string, blob: Buffer) => Promise<AuthorizedKey | null>;
  readonly limits: Pick<Limits, 'authenticationFailuresMax' | 'authenticationRequestsMax'>;
}

/** One answered request, for the log. `identity` is set with `accept` alone. */
export interface AuthenticationOutcome {
  readonly answer: AuthenticationAnswer;
  readonly identity: Identity | null;
  readonly user: string;
  readonly method: string;
  readonly fingerprint: string | null;
}

/** The sign-in of one connection. Only `publickey` is offered. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  #attempts = noAttempts;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** Decides about one request without answering it: see {@link answerTo}. @throws what the key store throws */
  async decide(context: AuthContext): Promise<AuthenticationOutcome> {
    const { user, request, key } = await this.#read(context);
    const { authenticationFailuresMax: failures, authenticationRequestsMax: requests } = this.#options.limits;
    const { attempts, answer } = judge(this.#attempts, request, { failures, requests });
    this.#attempts = attempts;
    // Bound here and nowhere else: to the key whose signature was checked in this very request (trap M).
    const identity = answer === 'accept' && key !== null ? { user, fingerprint: key.fingerprint } : null;
    return { answer, identity, user, method: context.method, fingerprint: fingerprintIn(context) };
  }

  async #read(
    context: AuthContext,
  ): Promise<{ user: string; request: AuthenticationRequest; key: AuthorizedKey | null }> {
    const user = context.username;
    if (context.method === 'none') return { user, request: { method: 'none' }, key: null };
    if (context.method !== 'publickey') return { user, request: { method: 'other' }, key: null };
    // Both always happen, so that an unknown user costs what an unknown key costs.
    const signature = checkSignature(context);
    const key = await this.#options.findKey(user, context.key.data);
    return { user, request: { method: 'publickey', authorized: key !== null, signature }, key };
  }
}

/** Passes the answer on to ssh2. `disconnect` is the caller's. */
export function answerTo(context: AuthContext, answer: 'accept' | 'ask-for-signature' | 'refuse'): void {
  // To a request without a signature, ssh2's accept means "that key would do".
  if (answer === 'refuse') context.reject(['publickey']);
  else context.accept();
}

function checkSignature({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): 'absent' | 'valid' | 'invalid' {
  // An RSA key without a named hash means SHA-1, which is not taken, not even as a question.
  if (key.algo === 'ssh-rsa' && hashAlgo === undefined) return 'invalid';
  if (signature === undefined) return 'absent';
  const parsed = ssh2.utils.parseKey(key.data);
  if (parsed instanceof Error || Array.isArray(parsed) || blob === undefined) return 'invalid';
  // Compared with `true`: on a malformed signature ssh2 returns an Error, which is truthy.
  return parsed.verify(blob, signature, hashAlgo) === true && parsed.type === key.algo ? 'valid' : 'invalid';
}

function fingerprintIn(context: AuthContext): string | null {
  return context.method === 'publickey' ? fingerprintOf(context.key.data) : null;
}
