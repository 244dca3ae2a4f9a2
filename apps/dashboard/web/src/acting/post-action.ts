import { fromRoot } from '../address/root.ts';

/** Whether the forker accepted an action. The feed shows its effect. */
export type Outcome =
  | { readonly sent: true; readonly notice: string | null }
  | { readonly sent: false; readonly message: string };

/** Report a missing answer after this long. The server gives the forker 10 s. */
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
        'No answer from the dashboard, so the outcome is unknown. Look at the target before you try again.',
    };
  }
}

function textOf(answer: unknown, key: string): string | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const value: unknown = (answer as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : null;
}
