import { accountTroubleWords } from '../../auth/sign-in-policy.ts';
import type { CloseCause } from '../close-cause.ts';

/**
 * Why a sign-in was refused, as a metric counts it: from a closed list, with whose fault it was.
 */
export interface SignInRefusal {
  readonly reason: string;
  readonly fault: 'client' | 'system';
}

/** The log's reasons why a key was refused, with the label of each. */
const labels: Readonly<Record<string, string>> = {
  'the key is malformed or of an unsupported type': 'unsupported-key',
  'the RSA key is too short': 'short-rsa-key',
  'the signature is not valid': 'bad-signature',
  'the key or its certificate is revoked': 'revoked',
  'unknown key': 'unknown-key',
  'unknown authority': 'unknown-authority',
  'the key is not for this source address': 'source-address',
  'the certificate is not for this source address': 'source-address',
  'the key has expired': 'expired',
  'the certificate has expired': 'expired',
  'the certificate is not valid yet': 'not-valid-yet',
  'the security key was not touched': 'security-key',
  'the security key asked for no PIN': 'security-key',
  'the certificate is for other principals': 'principals',
  'the certificate names no principal': 'principals',
};

/**
 * How to count the end of a connection that asked to sign in and was refused. `lastReason` is the
 * log's reason for its last key, null when it offered none. All other objections to a certificate
 * share one label, because the certificate's maker chooses the names of its options.
 */
export function signInRefusalOf(cause: CloseCause, lastReason: string | null): SignInRefusal {
  if (cause === 'keys-unavailable' || cause === 'gateway')
    return { reason: cause, fault: 'system' };
  // One user's broken file affects only that user: it has its own label, and is no error of the
  // gateway.
  if (lastReason?.startsWith(accountTroubleWords) === true)
    return { reason: 'user-files', fault: 'client' };
  if (lastReason !== null) return { reason: labels[lastReason] ?? 'certificate', fault: 'client' };
  return {
    reason: cause === 'client' || cause === 'sign-in-attempts' ? 'no-key' : cause,
    fault: 'client',
  };
}
