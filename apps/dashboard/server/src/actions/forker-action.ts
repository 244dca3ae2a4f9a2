import { ControlError, controlRequest } from '@hatchery/event-feed';

/** What came of an action: a status as in HTTP, and the sentence the person reads. */
export interface ActionAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Asks the forker to act, and words its answer. The forker alone decides whether the target is still the one that was
 * looked at: what this process knows may be a moment old.
 */
export async function askForker(controlSocket: string, path: string, body: unknown): Promise<ActionAnswer> {
  try {
    const answer = await controlRequest(controlSocket, 'POST', path, body);
    return { status: 202, body: typeof answer === 'object' && answer !== null ? { ...answer } : {} };
  } catch (error) {
    return refusalOf(error as Error);
  }
}

const sentences: Readonly<Record<number, string>> = {
  404: 'There is no such child (any more). Nothing was done.',
  409: 'The child has ended already. Nothing was done.',
  412: 'The process changed since you looked at it. Nothing was done; look again.',
};

function refusalOf(error: Error): ActionAnswer {
  if (error instanceof ControlError) {
    const error_ = sentences[error.status] ?? `The forker refused: ${error.message}`;
    return { status: error.status, body: { error: error_, detail: error.message } };
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return {
      status: 503,
      body: { error: 'The forker is away. Nothing was done; try again when it is back.', detail: error.message },
    };
  }
  // The request was on its way: saying "nothing was done" here could be a lie.
  return {
    status: 504,
    body: { error: 'The forker did not answer, so the outcome is not known. Watch the child.', detail: error.message },
  };
}
