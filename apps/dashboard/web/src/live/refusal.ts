import { fromRoot } from '../address/root.ts';

/** How long the answer may take; the connection itself is tried again meanwhile. */
const answerMsMax = 5_000;

/** Why this browser is not let in, as the server words it; null when it is, or when the server does not answer. */
export async function refusalOf(): Promise<string | null> {
  try {
    const response = await fetch(fromRoot('/api/session'), { signal: AbortSignal.timeout(answerMsMax) });
    if (response.status !== 401 && response.status !== 403) return null;
    const { error } = (await response.json()) as { readonly error?: string };
    return error ?? `The server answered ${response.status}.`;
  } catch {
    // No answer is no refusal: the page says by itself that it is cut off.
    return null;
  }
}
