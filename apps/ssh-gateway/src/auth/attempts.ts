/** One authentication request, reduced to what the decision needs. */
export type AuthenticationRequest =
  | { readonly method: 'none' | 'other' }
  | {
      readonly method: 'publickey';
      /** The user has this key. */
      readonly authorized: boolean;
      /** `absent` in the question "would this key do?" (RFC 4252 7), which proves nothing. */
      readonly signature: 'absent' | 'valid' | 'invalid';
    };

/** The requests of one connection so far. */
export interface Attempts {
  readonly requests: number;
  readonly failures: number;
}

export type AuthenticationAnswer = 'accept' | 'ask-for-signature' | 'refuse' | 'disconnect';

export const noAttempts: Attempts = { requests: 0, failures: 0 };

/**
 * Decides about one request. `accept` follows only from a valid signature by an authorized key in
 * this very request, never from an earlier request: a key that a client merely asked about must
 * never become the identity (CVE-2024-45337).
 */
export function judge(
  attempts: Attempts,
  request: AuthenticationRequest,
  max: { readonly requests: number; readonly failures: number },
): { readonly attempts: Attempts; readonly answer: AuthenticationAnswer } {
  const requests = attempts.requests + 1;
  if (request.method === 'publickey' && request.authorized && request.signature !== 'invalid') {
    const answer = request.signature === 'valid' ? 'accept' : 'ask-for-signature';
    return {
      attempts: { ...attempts, requests },
      answer: answer === 'ask-for-signature' && requests >= max.requests ? 'disconnect' : answer,
    };
  }
  // Every client sends `none` to learn the methods; sshd does not count it either.
  const failures = attempts.failures + (request.method === 'none' ? 0 : 1);
  const answer = failures >= max.failures || requests >= max.requests ? 'disconnect' : 'refuse';
  return { attempts: { requests, failures }, answer };
}
