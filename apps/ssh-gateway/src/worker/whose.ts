import { isUserName } from '@hatchery/protocol';
import type { Identity } from '../ssh/sign-in/authentication.ts';

/** Whose connections are meant: all of a user, or those that some keys of theirs signed in. */
export interface Whose {
  readonly user: string;
  /** As `SHA256:…`; null for any. */
  readonly fingerprints: readonly string[] | null;
}

/** Reads what an operator asked for. @throws an Error in words for the operator */
export function readWhose({ user, fingerprints = null }: Readonly<Record<string, unknown>>): Whose {
  if (typeof user !== 'string' || !isUserName(user))
    throw new Error('user is missing, or is no name of one');
  if (fingerprints === null) return { user, fingerprints };
  if (!Array.isArray(fingerprints) || !fingerprints.every((one) => typeof one === 'string'))
    throw new Error('fingerprints are no list of texts as SHA256:…');
  return { user, fingerprints };
}

/** Whether a connection or session of that identity is meant. */
export function isOf(
  { user, fingerprints }: Whose,
  identity: Pick<Identity, 'user' | 'fingerprint'>,
): boolean {
  return (
    identity.user === user && (fingerprints === null || fingerprints.includes(identity.fingerprint))
  );
}

/**
 * How many connections worker processes ended in all; null is one that did not answer in time.
 * @throws an Error in words when any is
 */
export function endedIn(counts: readonly (number | null)[]): number {
  const silent = counts.filter((count) => count === null).length;
  if (silent > 0)
    throw new Error(`${silent} worker processes give no answer; they end theirs when they go on`);
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
