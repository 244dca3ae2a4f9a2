import { createHash, randomBytes } from 'node:crypto';

/** A pipe directory waits for its client for a day at most (libs/protocol, `childConnectTimeoutSecondsMax`); a week leaves no doubt. */
const lifetimeS = 7 * 24 * 3600;

/**
 * A name for a child that is also the end of its pipe directory's: owner (this service's runtime directory, hashed),
 * expiry (Unix seconds) and randomness, so that any later run can tell what it may collect.
 */
export function newChildName(runtimeDirectory: string, now: Date): string {
  const expiry = Math.floor(now.getTime() / 1000) + lifetimeS;
  return `${ownerOf(runtimeDirectory)}-${expiry.toString(36)}-${randomBytes(4).toString('hex')}`;
}

/** When what carries this name is garbage, or null when the name is not one of this service's. */
export function expiryOf(name: string, runtimeDirectory: string): Date | null {
  const [, owner, expiry] = /^([0-9a-f]{6})-([0-9a-z]{1,8})-[0-9a-f]{8}$/.exec(name) ?? [];
  if (expiry === undefined || owner !== ownerOf(runtimeDirectory)) return null;
  return new Date(1000 * Number.parseInt(expiry, 36));
}

function ownerOf(runtimeDirectory: string): string {
  return createHash('sha256').update(runtimeDirectory).digest('hex').slice(0, 6);
}
