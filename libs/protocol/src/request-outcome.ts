import type { Refusal } from './refusal.ts';
import type { Request } from './request.ts';

/** The final result of a request. */
export type RequestOutcome =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** The state of a request so far. */
export type RequestProgress = { readonly kind: 'incomplete' } | RequestOutcome;

export function accepted(request: Request): RequestOutcome {
  return { kind: 'request', request };
}

export function refused(reason: Refusal): RequestOutcome {
  return { kind: 'refused', reason };
}

/** A refusal that starts with `command or env parsing failed`. */
export function parseFailed(why: string): RequestOutcome {
  return refused({ code: 'parse-failed', why });
}
