import { fromRoot } from '../address/root.ts';

/** Whether the forker took an action; what became of it is seen in the feed. */
export type Outcome =
  | { readonly sent: true; readonly notice: string | null }
  | { readonly sent: false; readonly message: string };

/** No answer after this is told as such; the forker itself is given 10 s by the server. */
const answerMsMax = 15_000;

/** Asks the server to act. Never rejects. */
export async function postAction(path: string, body: object): Promise<Outcome> {
  try {
    const response = await fetch(fromRoot(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { sent: true, notice: textOf(answer, 'notice') };
    return {
      sent: false,
      message: textOf(answer, 'error') ?? `The server answered ${response.status}.`,
    };
  } catch {
    return {
      sent: false,
      message:
        'No answer from the dashboard, so the outcome is not known. Watch the target before you try again.',
    };
  }
}

function textOf(answer: unknown, key: string): string | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const value: unknown = (answer as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : null;
}
