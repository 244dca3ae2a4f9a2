import { sessionMsMax } from '../limits.ts';

/** Cookies do not know ports, so two dashboards of one machine need two names. */
export function cookieName(port: number): string {
  return `hatchery-${port}`;
}

/** The value of one cookie in a `Cookie` header, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return null;
}

/** Not readable by scripts, and not sent when another site makes the request. The page is served over plain HTTP, so no `Secure`. */
export function sessionCookie(name: string, key: string): string {
  return `${name}=${key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionMsMax / 1_000}`;
}
