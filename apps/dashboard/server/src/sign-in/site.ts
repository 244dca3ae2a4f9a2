import type { IncomingMessage } from 'node:http';
import type { Address } from '@hatchery/config';
import type { Refusal } from './access.ts';
import { isLoopback, isOurHost, isOurOrigin, pageUrl } from './host-names.ts';

/** The addresses under which people open this dashboard. */
export interface Site {
  /** The page's own address, ending in a slash. */
  readonly home: string;
  /** Whether only this host can reach it. */
  readonly isNear: boolean;
  /** The origin of the page that a request comes from, as far as its `Host` shows. */
  originOf(request: IncomingMessage): string;
  /** The page's address for the browser that sends this request, ending in a slash. */
  homeOf(request: IncomingMessage): string;
  /** Removes an origin's path from the request's address. A proxy may already have done so. */
  mount(request: IncomingMessage): void;
  /** Null when the request asks for one of our names. */
  strange(request: IncomingMessage): Refusal | null;
  /** Null when the request comes from our own page. */
  foreign(request: {
    readonly headers: Pick<IncomingMessage['headers'], 'origin' | 'host'>;
  }): Refusal | null;
}

/**
 * `origins` are the configured ones, with or without a path; without any the page is at `listen`,
 * over plain HTTP.
 */
export function siteOf(listen: Address, origins: readonly string[]): Site {
  const urls = origins.map((origin) => new URL(origin));
  const [first] = urls;
  const paths = urls.map(pathOf).filter((path) => path !== '');
  const find = (request: IncomingMessage): URL | undefined => askedFor(urls, request.headers.host);
  return {
    home: first === undefined ? pageUrl(listen) : `${first.origin}${pathOf(first)}/`,
    isNear: isLoopback(listen) && urls.every((url) => isLoopback({ host: nameOf(url), port: 0 })),
    originOf: (request) =>
      (find(request) ?? first)?.origin ?? `http://${request.headers.host ?? ''}`,
    homeOf: (request) => {
      const url = find(request) ?? first;
      return url === undefined
        ? `http://${request.headers.host ?? ''}/`
        : `${url.origin}${pathOf(url)}/`;
    },
    mount: (request) => {
      request.url = below(paths, request.url ?? '/');
    },
    strange: (request) =>
      find(request) !== undefined || isOurHost(request.headers.host, listen)
        ? null
        : { status: 403, error: strangeName(request.headers.host ?? '', origins, pageUrl(listen)) },
    foreign: ({ headers: { origin, host } }) =>
      (first === undefined ? isOurOrigin(origin, host) : urls.some((url) => url.origin === origin))
        ? null
        : {
            status: 403,
            error: `Refused: the request comes from ${origin ?? 'no page'}, not from this dashboard.`,
          },
  };
}

/** By its whole host, or by its name alone: some proxies pass on a `Host` without the port. */
function askedFor(urls: readonly URL[], host = ''): URL | undefined {
  const asked = host.toLowerCase();
  const name = asked.replace(/:\d{1,5}$/, '');
  return urls.find((url) => url.host === asked) ?? urls.find((url) => url.hostname === name);
}

/** Without the final slash: empty for the root. */
function pathOf(url: URL): string {
  return url.pathname.replace(/\/$/, '');
}

function nameOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function below(paths: readonly string[], target: string): string {
  const path = paths.find(
    (one) => target === one || target.startsWith(`${one}/`) || target.startsWith(`${one}?`),
  );
  if (path === undefined) return target;
  const rest = target.slice(path.length);
  // Relative links of the page need the slash, so the bare path stays as it is and gets a redirect.
  return rest.startsWith('/') ? rest : target;
}

function strangeName(host: string, origins: readonly string[], page: string): string {
  const ours = origins.length === 0 ? page : origins.join(', ');
  return (
    `This dashboard is at ${ours}, and the request asks for '${host}'. Open it there. If '${host}' is its address too, add it to ` +
    `[dashboard] origins and run hatchery restart. If a proxy stands between, it has to pass on the browser's Host header ` +
    `(nginx: proxy_set_header Host $http_host;).`
  );
}
