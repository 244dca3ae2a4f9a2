import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback as isLoopbackHost } from '@hatchery/addresses';
import type { Address } from '@hatchery/config';

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Whether only this machine can reach the address. */
export function isLoopback({ host }: Address): boolean {
  return isLoopbackHost(host);
}

/**
 * Whether a `Host` header names this dashboard. A page of another site that had its own name point
 * here (DNS rebinding) would otherwise read it as its own origin. The port is free: it is another
 * one behind `ssh -L`.
 */
export function isOurHost(header: string | undefined, listen: Address): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d{1,5}$/, '').toLowerCase();
  if (loopbackNames.has(name) || name === urlHost(listen.host)) return true;
  // Whoever listens everywhere is reached by addresses that are not known here; an address cannot
  // be made to point elsewhere.
  return (
    wildcards.has(listen.host) &&
    (name === hostname().toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) !== 0)
  );
}

/** Whether an `Origin` header is exactly the page that this very host serves. */
export function isOurOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && host !== undefined && origin === `http://${host}`;
}

/** A host as it stands in a URL: an IPv6 address gets its brackets. */
function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}

/** Where the page is found by somebody at this machine. */
export function pageUrl({ host, port }: Address): string {
  const reachable = wildcards.has(host) ? hostname() : host;
  return `http://${urlHost(reachable)}:${port}/`;
}
