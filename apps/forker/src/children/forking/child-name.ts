import { createHash, randomBytes } from 'node:crypto';
import { staleMarginS } from '../../limits.ts';

/**
 * A name for a child that is also the end of its pipe directory's: owner (this service's runtime
 * directory, hashed), expiry (Unix seconds) and randomness, so that any later run can tell what it
 * may collect. The directory is there until the client has connected or the child has died of not
 * being connected to, so that is when it expires.
 */
export function newChildName(runtimeDirectory: string, now: Date, connectTimeoutS: number): string {
  const expiry = Math.ceil(now.getTime() / 1000 + connectTimeoutS) + staleMarginS;
  return `${ownerOf(runtimeDirectory)}-${expiry.toString(36)}-${randomBytes(4).toString('hex')}`;
}

/** When what carries this name is garbage, or null when the name is not one of this service's. */
export function expiryOf(name: string, runtimeDirectory: string): Date | null {
  const [, owner, expiry] = /^([0-9a-f]{6})-([0-9a-z]{1,8})-[0-9a-f]{8}$/.exec(name) ?? [];
  if (expiry === undefined || owner !== ownerOf(runtimeDirectory)) return null;
  return new Date(1000 * Number.parseInt(expiry, 36));
}

/** Tells the services of one machine apart, in the names of what they may leave behind. */
export function ownerOf(runtimeDirectory: string): string {
  return createHash('sha256').update(runtimeDirectory).digest('hex').slice(0, 6);
}
