import type { IncomingMessage } from 'node:http';
import type { Address } from '@hatchery/config';
import { cookieName, readCookie } from './cookie.ts';
import { isLoopback, isOurHost, isOurOrigin } from './host-names.ts';
import type { Person, Sessions } from './sessions.ts';

/** A request that is refused: the status, and what the person can do about it. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/** Who is let in: by the name they ask for, the page they ask from, and the cookie they bring. */
export interface Access {
  /** Who asks, or why they may not even read. */
  visitor(request: IncomingMessage): Person | Refusal;
  /** The same for a request that changes something, which must come from our own page. */
  actor(request: IncomingMessage): Person | Refusal;
  /** Null when the request comes from our own page. */
  foreign(request: IncomingMessage): Refusal | null;
}

export const wayToSignIn = 'Open the sign-in link that `./hatchery up` prints when it starts.';

/** Access by the token in the sign-in link. Without it a visitor of a loopback address may read; others may nothing. */
export function tokenAccess(listen: Address, sessions: Sessions): Access {
  const cookie = cookieName(listen.port);
  const unsigned: Person | Refusal = isLoopback(listen)
    ? { name: 'visitor', role: 'viewer' }
    : { status: 401, error: `Not signed in. ${wayToSignIn}` };
  const visitor = (request: IncomingMessage): Person | Refusal => {
    const { host } = request.headers;
    if (!isOurHost(host, listen)) {
      return {
        status: 403,
        error: `This dashboard does not answer to the name '${host ?? ''}'. Use its address, or set [dashboard] listen.`,
      };
    }
    const key = readCookie(request.headers.cookie, cookie);
    return (key === null ? null : sessions.find(key)) ?? unsigned;
  };
  const foreign = ({ headers: { origin, host } }: IncomingMessage): Refusal | null =>
    isOurOrigin(origin, host)
      ? null
      : { status: 403, error: `Refused: the request comes from ${origin ?? 'no page'}, not from this dashboard.` };
  return {
    visitor,
    foreign,
    actor: (request) => {
      const person = visitor(request);
      return 'status' in person ? person : (foreign(request) ?? person);
    },
  };
}
