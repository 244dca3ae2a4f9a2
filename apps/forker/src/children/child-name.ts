import { createHash, randomBytes } from 'node:crypto';

/** Sessions last hours at most; what carries an expiry in the past and belongs to no living child is garbage. */
const lifetimeS = 7 * 24 * 3600;

/**
 * A name for a child that is also the end of its pipe directory's: owner (this service's runtime directory, hashed),
 * expiry (Unix seconds) and randomness, so that any later run can tell what it may collect.
 */
export function newChildName(runtimeDirectory: string, now: Date): string {
  const owner = createHash('sha256').update(runtimeDirectory).digest('hex').slice(0, 6);
  const expiry = Math.floor(now.getTime() / 1000) + lifetimeS;
  return `${owner}-${expiry.toString(36)}-${randomBytes(4).toString('hex')}`;
}
