import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback as isLoopbackHost } from '@hatchery/addresses';
import type { Address } from '@hatchery/config';

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Whether only this host can reach the address. */
export function isLoopback({ host }: Address): boolean {
  return isLoopbackHost(host);
}

/**
 * Whether a `Host` header names this dashboard. Otherwise a page of another site whose name points
 * here (DNS rebinding) would read it as its own origin. Any port is accepted: `ssh -L` uses another
 * one.
 */
export function isOurHost(header: string | undefined, listen: Address): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d{1,5}$/, '').toLowerCase();
  if (loopbackNames.has(name) || name === urlHost(listen.host)) return true;
  // With a wildcard address the host's addresses are unknown here. An IP address in `Host` cannot
  // be pointed elsewhere.
  return (
    wildcards.has(listen.host) &&
    (name === hostname().toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) !== 0)
  );
}

/** Whether an `Origin` header is exactly the page that this host serves. */
export function isOurOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && host !== undefined && origin === `http://${host}`;
}

/** A host in the form of a URL: an IPv6 address gets brackets. */
function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}

/** The page's address for a user on this host. */
export function pageUrl({ host, port }: Address): string {
  const reachable = wildcards.has(host) ? hostname() : host;
  return `http://${urlHost(reachable)}:${port}/`;
}
