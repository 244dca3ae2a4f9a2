import type { IncomingMessage } from 'node:http';
import type { Address } from '@hatchery/config';
import type { Refusal } from './access.ts';
import { isLoopback, isOurHost, isOurOrigin, pageUrl } from './host-names.ts';

/** The addresses under which people open this dashboard. */
export interface Site {
  /** The page's own address, with the slash at its end. */
  readonly home: string;
  /** Whether only this machine can reach it. */
  readonly isNear: boolean;
  /** The origin of the page that a request comes from, as far as its `Host` tells. */
  originOf(request: IncomingMessage): string;
  /** Null when the request asks for one of our names. */
  strange(request: IncomingMessage): Refusal | null;
  /** Null when the request comes from our own page. */
  foreign(request: IncomingMessage): Refusal | null;
}

/** `origins` are those of the configuration; without any the page is at `listen`, over plain HTTP. */
export function siteOf(listen: Address, origins: readonly string[]): Site {
  const hosts = new Map(origins.map((origin) => [new URL(origin).host, origin] as const));
  const [first] = origins;
  return {
    home: first === undefined ? pageUrl(listen) : `${first}/`,
    isNear: isLoopback(listen) && origins.every((origin) => isLoopback({ host: hostOf(origin), port: 0 })),
    originOf: ({ headers: { host = '' } }) => hosts.get(host.toLowerCase()) ?? first ?? `http://${host}`,
    strange: ({ headers: { host } }) =>
      hosts.has((host ?? '').toLowerCase()) || isOurHost(host, listen)
        ? null
        : {
            status: 403,
            error: `This dashboard does not answer to the name '${host ?? ''}'. Use its address, or set [dashboard] origins.`,
          },
    foreign: ({ headers: { origin, host } }) =>
      (first === undefined ? isOurOrigin(origin, host) : origins.includes(origin ?? ''))
        ? null
        : { status: 403, error: `Refused: the request comes from ${origin ?? 'no page'}, not from this dashboard.` },
  };
}

function hostOf(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, '');
}
