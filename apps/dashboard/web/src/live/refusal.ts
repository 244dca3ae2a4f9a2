import { fromRoot } from '../address/root.ts';

/** How long the answer may take. The page keeps trying to connect meanwhile. */
const answerMsMax = 5_000;

/** Why this browser gets no live stream: it is not signed in, or something blocks the stream. */
export interface Hindrance {
  readonly type: 'refused' | 'obstructed';
  readonly reason: string;
}

/**
 * Asks the stream's address by plain HTTP, because a browser does not tell a page why a WebSocket
 * was refused. Null when no answer comes.
 */
export async function hindranceOf(): Promise<Hindrance | null> {
  try {
    const address = fromRoot(`/live?from=${encodeURIComponent(location.origin)}`);
    const response = await fetch(address, { signal: AbortSignal.timeout(answerMsMax) });
    return hindranceIn(response.status, await response.text());
  } catch {
    // No answer is not a refusal: the page shows by itself that it has no connection.
    return null;
  }
}

/** What an answer with this status and body means for the stream. */
export function hindranceIn(status: number, body: string): Hindrance | null {
  const error = errorIn(body);
  if (status === 401)
    return {
      type: 'refused',
      reason: error ?? 'The server, or a proxy in front of it, wants a sign-in (401).',
    };
  if (error === null)
    return {
      type: 'obstructed',
      reason: `Something that is not Hatchery answers for the live stream, with status ${status}.`,
    };
  // RFC 9110, section 15.5.22: the server accepts this browser, but its WebSocket did not arrive.
  if (status === 426)
    return {
      type: 'obstructed',
      reason:
        'The server is there, but no WebSocket reaches it: a proxy in between has to pass on Upgrade and Connection.',
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
