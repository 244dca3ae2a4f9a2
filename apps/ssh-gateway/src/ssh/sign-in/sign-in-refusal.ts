import { accountTroubleWords } from '../../auth/sign-in-policy.ts';
import type { CloseCause } from '../close-cause.ts';

/**
 * Why somebody who asked was not let in, as a metric counts it: of a closed list, and whose fault
 * it was.
 */
export interface SignInRefusal {
  readonly reason: string;
  readonly fault: 'client' | 'system';
}

/** The words of the log that say why a key did not do, and the label of each. */
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
 * What the end of a connection that asked and was not let in counts as. `lastReason` is what the
 * log says of its last key, null when it offered none. Whatever else is wrong with a certificate,
 * among it options whose names its maker chose, is one label.
 */
export function signInRefusalOf(cause: CloseCause, lastReason: string | null): SignInRefusal {
  if (cause === 'keys-unavailable' || cause === 'gateway')
    return { reason: cause, fault: 'system' };
  // One user's broken file is that user's trouble: of its own count, and no error of the gateway.
  if (lastReason?.startsWith(accountTroubleWords) === true)
    return { reason: 'user-files', fault: 'client' };
  if (lastReason !== null) return { reason: labels[lastReason] ?? 'certificate', fault: 'client' };
  return {
    reason: cause === 'client' || cause === 'sign-in-attempts' ? 'no-key' : cause,
    fault: 'client',
  };
}
