import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '@hatchery/config';
import { accessTo, type Refusal } from './access.ts';
import { sourcesOf } from './networks.ts';
import { doubtfulGroup, isName, personOf, type Person } from './person.ts';
import { nothingToComplete, type SignIn, type Step } from './sign-in.ts';
import type { Site } from './site.ts';

/** What signing in by a proxy's headers needs. */
export interface ProxyOptions {
  readonly site: Site;
  readonly dashboard: Pick<Config['dashboard'], 'proxy' | 'roles' | 'sessionRecheckS'>;
  /** Whether a connection came over the Unix socket that only the proxy can open. */
  readonly isOverSocket: (socket: Socket) => boolean;
}

const way = 'Open the address of the proxy that signs people in for this dashboard.';

/**
 * Access by the headers of a proxy, trusted for its address. Headers from other addresses are
 * counted and ignored.
 */
export function proxySignIn({ site, dashboard, isOverSocket }: ProxyOptions): SignIn {
  const { from, userHeader, groupsHeader } = dashboard.proxy;
  const isTrusted = sourcesOf(from);
  let untrusted = 0;
  const identify = (request: IncomingMessage): Person | Refusal => {
    const { socket, headersDistinct } = request;
    const isTold =
      headersDistinct[userHeader] !== undefined || headersDistinct[groupsHeader] !== undefined;
    if (!isOverSocket(socket) && !isTrusted(socket)) {
      if (isTold) untrusted += 1;
      return { status: 401, error: `Not signed in: this address is not the proxy's. ${way}` };
    }
    const [name, ...others] = (headersDistinct[userHeader] ?? []).map(utf8);
    const [groups = '', ...more] = (headersDistinct[groupsHeader] ?? []).map(utf8);
    if (name === undefined || name === '')
      return {
        status: 401,
        error: `Not signed in: the proxy names nobody in the header ${userHeader}.`,
      };
    // If a proxy adds its header to the browser's own, anybody could be anyone.
    if (others.length > 0 || more.length > 0 || !isName(name))
      return {
        status: 400,
        error: `The proxy has to set ${userHeader} and ${groupsHeader} once, to one name and a list.`,
      };
    return personIn(name, groups, dashboard);
  };
  const access = accessTo(site, identify);
  const elsewhere: Step = {
    kind: 'notice',
    status: 200,
    title: 'Signed in elsewhere',
    sentence: `Who is signed in is up to the proxy. ${way}`,
  };
  return {
    access,
    site,
    way: 'Ask whoever keeps [dashboard] operators and admins in hatchery.toml.',
    isOurs: false,
    link: null,
    // These headers are from the upgrade request; the proxy's current answer is known when the page
    // dials again.
    liveMsMax: dashboard.sessionRecheckS * 1_000,
    get untrusted() {
      return untrusted;
    },
    begin: async (request) => {
      const person = access.visitor(request);
      if ('status' in person)
        return { kind: 'notice', status: person.status, title: 'Not signed in', sentence: way };
      return { kind: 'go', to: '/', cookies: [] };
    },
    accept: async () => nothingToComplete,
    complete: async () => nothingToComplete,
    end: async () => elsewhere,
    whenChanged: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The configured role of a person whose groups are in one header. */
function personIn(
  name: string,
  header: string,
  { proxy, roles }: ProxyOptions['dashboard'],
): Person | Refusal {
  const groups = header.split(',').map((group) => group.trim());
  const doubtful = doubtfulGroup(groups, roles);
  if (doubtful !== undefined)
    return {
      status: 400,
      error: `The proxy names the group ${JSON.stringify(doubtful)} in ${proxy.groupsHeader}: have it separate groups by commas.`,
    };
  return (
    personOf({ name, groups }, roles) ?? {
      status: 403,
      error: `${name} may not look at this dashboard.`,
    }
  );
}

/** Node decodes headers as Latin-1; names are sent as UTF-8. */
function utf8(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? header : text;
}
