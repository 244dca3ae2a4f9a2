import { ControlError, controlRequest } from '@hatchery/event-feed';
import type { Noun, Verb } from './verbs.ts';

/** What came of an action: a status as in HTTP, and the sentence the person reads. */
export interface ActionAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Asks the forker to act, and words its answer. The forker alone decides whether the target is
 * still the one that was looked at: what this process knows may be a moment old.
 */
export async function askForker(
  controlSocket: string,
  { path, body, noun }: Verb,
): Promise<ActionAnswer> {
  try {
    const answer = await controlRequest(controlSocket, 'POST', path, body);
    return {
      status: 202,
      body: typeof answer === 'object' && answer !== null ? { ...answer } : {},
    };
  } catch (error) {
    return refusalOf(error as Error, noun);
  }
}

/** Whether the forker's event log reaches the disk at this moment; no when it does not say. */
export async function forkerKeepsEvents(controlSocket: string): Promise<boolean> {
  try {
    const state = await controlRequest(controlSocket, 'GET', '/v1/state');
    return (
      typeof state === 'object' &&
      state !== null &&
      'eventsOnDisk' in state &&
      state.eventsOnDisk === true
    );
  } catch {
    // Away or too busy: in either case it has nothing on a disk that could be relied upon.
    return false;
  }
}

const sentences: Readonly<Record<Noun, Readonly<Record<number, string>>>> = {
  child: {
    404: 'There is no such child (any more). Nothing was done.',
    409: 'The child has ended already. Nothing was done.',
    412: 'The process changed since you looked at it. Nothing was done; look again.',
  },
  lock: {
    404: 'There is no such lock (any more); it may have been released. Nothing was done.',
    412: 'The lock was released and taken anew since you looked at it. Nothing was done; look again.',
  },
  service: {},
};

/** What to watch when the outcome is not known. */
const watched: Readonly<Record<Noun, string>> = {
  child: 'the child',
  lock: 'the lock',
  service: 'the header',
};

function refusalOf(error: Error, noun: Noun): ActionAnswer {
  const detail = error.message;
  if (error instanceof ControlError) {
    // A forker of before locks could be broken knows no such address, which is another thing than
    // no such lock.
    if (error.status === 404 && detail.endsWith('is not answered here')) {
      return {
        status: 501,
        body: {
          error:
            'The running forker is older than this page and cannot do this. Nothing was done; restart it.',
          detail,
        },
      };
    }
    const worded = sentences[noun][error.status] ?? `The forker refused: ${detail}`;
    return { status: error.status, body: { error: worded, detail } };
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return {
      status: 503,
      body: { error: 'The forker is away. Nothing was done; try again when it is back.', detail },
    };
  }
  // The request was on its way: saying "nothing was done" here could be a lie.
  return {
    status: 504,
    body: {
      error: `The forker did not answer, so the outcome is not known. Watch ${watched[noun]}.`,
      detail,
    },
  };
}
