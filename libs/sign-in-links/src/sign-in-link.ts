import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * For so long a link that signs in to the dashboard is good, in milliseconds. It is opened at once,
 * or after the keys and users of a first `up`; what is older lies in scrollbacks.
 */
export const signInLinkMsMax = 60 * 60 * 1_000;

/**
 * A link may seem this much younger than now: the clock of the machine was set back a little.
 * Milliseconds.
 */
export const clockSkewMsMax = 60 * 1_000;

/** What a link says of itself. */
export interface SignInLink {
  readonly role: string;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** Of this link alone: by it a second use is known. */
  readonly nonce: string;
}

/**
 * The token of a new link; `now` is in milliseconds since 1970. Whoever has the key may make links,
 * nobody else.
 */
export function makeLinkToken(key: Buffer, role: string, now: number): string {
  const said = `${role}.${now}.${randomBytes(16).toString('base64url')}`;
  return `${said}.${sign(key, said)}`;
}

/** The link's words, or null when this key did not sign them. Says nothing about its age. */
export function readLinkToken(key: Buffer, token: string): SignInLink | null {
  const [, said = '', role = '', madeAt = '', nonce = '', signature = ''] =
    /^(([a-z]{1,20})\.(\d{1,15})\.([\w-]{22}))\.([\w-]{43})$/.exec(token) ?? [];
  // Both are 43 characters, or the pattern did not fit and the comparison has nothing to hide.
  if (signature === '' || !timingSafeEqual(Buffer.from(signature), Buffer.from(sign(key, said))))
    return null;
  return { role, madeAt: Number(madeAt), nonce };
}

/**
 * How the audit calls a link, where it was made and where it was used: enough to tell links apart,
 * and nothing to sign in by.
 */
export function linkName({ nonce }: Pick<SignInLink, 'nonce'>): string {
  return nonce.slice(0, 8);
}

/** HMAC-SHA-256. The words before it keep the key's other uses, should there be any, apart. */
function sign(key: Buffer, said: string): string {
  return createHmac('sha256', key).update(`hatchery sign-in link 1\n${said}`).digest('base64url');
}
