import type { Child } from '@hatchery/events';

export type SignalName = 'TERM' | 'KILL';

/** Whether the forker took the signal; what became of the child is seen in the feed. */
export type SignalOutcome = { readonly sent: true } | { readonly sent: false; readonly message: string };

/** No answer after this is told as such; the forker itself is given 10 s by the server. */
const answerMsMax = 12_000;

/** Asks the server to send a signal to exactly the process that was looked at. Never rejects. */
export async function postSignal(target: Child, signal: SignalName, reason: string): Promise<SignalOutcome> {
  const { id, pid, startTime } = target;
  try {
    const response = await fetch(`/api/children/${encodeURIComponent(id)}/signal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ signal, reason, pid, startTime }),
      signal: AbortSignal.timeout(answerMsMax),
    });
    if (response.ok) return { sent: true };
    return { sent: false, message: errorOf(await response.json()) ?? `The server answered ${response.status}.` };
  } catch {
    return {
      sent: false,
      message: 'No answer from the dashboard, so the outcome is not known. Watch the child before you try again.',
    };
  }
}

function errorOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null;
  return typeof answer.error === 'string' ? answer.error : null;
}
