import type { IncomingMessage } from 'node:http';
import type { Person } from './person.ts';

/** A refused request: the status, and what the user can do about it. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/**
 * Checks that a request has to pass before anything else, as `Site` of site.ts makes them: each
 * returns the refusal, or null.
 */
interface Checked {
  readonly strange: (request: IncomingMessage) => Refusal | null;
  readonly foreign: (request: IncomingMessage) => Refusal | null;
}

/**
 * Decides who may enter: by the host name of the request, its origin, and its proof of identity.
 */
export interface Access {
  /** The user who asks, or why they may not even read. */
  visitor(request: IncomingMessage): Person | Refusal;
  /** The same for a request that changes something, which must come from our own page. */
  actor(request: IncomingMessage): Person | Refusal;
}

/** Access to a site by `identify`, which is called only when the request names the site. */
export function accessTo(
  site: Checked,
  identify: (request: IncomingMessage) => Person | Refusal,
): Access {
  const visitor = (request: IncomingMessage): Person | Refusal =>
    site.strange(request) ?? identify(request);
  return {
    visitor,
    actor: (request) => {
      const person = visitor(request);
      return 'status' in person ? person : (site.foreign(request) ?? person);
    },
  };
}
