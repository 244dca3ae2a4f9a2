import type { IncomingMessage } from 'node:http';
import type { Site } from './site.ts';

/** One of our cookies. Its name in the browser depends on how the page is served. */
export interface CookieJar {
  read(request: IncomingMessage): string | null;
  /** The `Set-Cookie` header; `maxAgeMs` 0 deletes the cookie. */
  write(request: IncomingMessage, value: string, maxAgeMs: number): string;
}

/**
 * Not readable by scripts, and not sent when another site makes the request. With `lax` it is sent
 * when a link of another site, such as a provider's, leads here. Over TLS it is `Secure` and only
 * for this host (RFC 6265bis, section 4.1.3.2). Cookies ignore ports, so two dashboards on one host
 * need two names.
 */
export function cookieJar(site: Site, name: string, sameSite: 'Strict' | 'Lax'): CookieJar {
  const isSecure = (request: IncomingMessage): boolean =>
    site.originOf(request).startsWith('https:');
  const nameFor = (request: IncomingMessage): string =>
    isSecure(request) ? `__Host-${name}` : name;
  return {
    read: (request) => readCookie(request.headers.cookie, nameFor(request)),
    write: (request, value, maxAgeMs) =>
      `${nameFor(request)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${Math.floor(maxAgeMs / 1_000)}${isSecure(request) ? '; Secure' : ''}`,
  };
}

/** The value of one cookie in a `Cookie` header, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return null;
}
