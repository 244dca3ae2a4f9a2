import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits, fit for a URL and a cookie. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in a time that depends on neither secret; digests make the lengths equal. */
export function sameSecret(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

/** Identifies a secret where the secret itself must not appear. */
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
