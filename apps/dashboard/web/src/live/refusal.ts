import { fromRoot } from '../address/root.ts';

/** How long the answer may take; the connection itself is tried again meanwhile. */
const answerMsMax = 5_000;

/** Why this browser gets no live stream: nobody is signed in, or something stands in the way. */
export interface Hindrance {
  readonly type: 'refused' | 'obstructed';
  readonly reason: string;
}

/**
 * Asks the address of the stream by plain HTTP, since a browser does not tell a page why a
 * WebSocket was refused. Null when nobody answers.
 */
export async function hindranceOf(): Promise<Hindrance | null> {
  try {
    const address = fromRoot(`/live?from=${encodeURIComponent(location.origin)}`);
    const response = await fetch(address, { signal: AbortSignal.timeout(answerMsMax) });
    return hindranceIn(response.status, await response.text());
  } catch {
    // No answer is no refusal: the page says by itself that it is cut off.
    return null;
  }
}

/** What an answer with this status and body means for the stream. */
export function hindranceIn(status: number, body: string): Hindrance | null {
  const error = errorIn(body);
  if (status === 401)
    return {
      type: 'refused',
      reason: error ?? 'The server, or a proxy before it, wants a sign-in (401).',
    };
  if (error === null)
    return {
      type: 'obstructed',
      reason: `Something that is not Hatchery answers for the live stream, with status ${status}.`,
    };
  // RFC 9110, section 15.5.22: the server would take this browser, if its WebSocket came through.
  if (status === 426)
    return {
      type: 'obstructed',
      reason:
        'The server is there, but no WebSocket gets through to it: a proxy between has to pass on Upgrade and Connection.',
    };
  return { type: 'obstructed', reason: error };
}

function errorIn(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown };
    return typeof error === 'string' ? error : null;
  } catch {
    return null;
  }
}
