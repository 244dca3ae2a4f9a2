import type { IncomingMessage } from 'node:http';
import type { Person } from './person.ts';

/** A request that is refused: the status, and what the person can do about it. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/**
 * What a request has to pass before anything else, as `Site` of site.ts checks it: each gives the
 * refusal, or null.
 */
interface Checked {
  readonly strange: (request: IncomingMessage) => Refusal | null;
  readonly foreign: (request: IncomingMessage) => Refusal | null;
}

/** Who is let in: by the name they ask for, the page they ask from, and what says who they are. */
export interface Access {
  /** Who asks, or why they may not even read. */
  visitor(request: IncomingMessage): Person | Refusal;
  /** The same for a request that changes something, which must come from our own page. */
  actor(request: IncomingMessage): Person | Refusal;
}

/** Access to a site by `identify`, which is asked only when the request names the site. */
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
