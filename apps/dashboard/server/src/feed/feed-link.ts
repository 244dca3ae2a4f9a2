import type { FeedMessage, FeedState } from '@hatchery/events';
import { dialFeed } from '@hatchery/event-feed';

/** What the dashboard makes of the connection to a feed. */
export interface FeedLink extends AsyncDisposable {
  readonly state: FeedState;
}

/** Dials the feed of `publisher`, as `the forker`, for ever. `changed` is called when it comes up or goes down, not for each failed try in between. */
export function linkFeed(
  controlSocket: string,
  publisher: string,
  listener: { message(message: FeedMessage): void; changed(state: FeedState): void },
): FeedLink {
  let state: FeedState = { up: false, since: new Date().toISOString(), reason: 'not heard from yet' };
  const connection = dialFeed(controlSocket, {
    message: (message) => listener.message(message),
    connection: (told) => {
      const next = nextState(state, told, new Date(), publisher);
      if (next === state) return;
      state = next;
      listener.changed(state);
    },
  });
  return {
    get state() {
      return state;
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** The state after one report; the same object when nothing is new. A repeated failure keeps its first instant. */
export function nextState(
  state: FeedState,
  told: { readonly up: true } | { readonly up: false; readonly error: Error },
  now: Date,
  publisher = 'the forker',
): FeedState {
  if (told.up) return state.up ? state : { up: true, since: now.toISOString() };
  const reason = reasonOf(told.error, publisher);
  if (state.up) return { up: false, since: now.toISOString(), reason };
  return state.reason === reason ? state : { ...state, reason };
}

function reasonOf(error: Error, publisher: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${publisher} is not running (its control socket is missing)`;
  if (code === 'ECONNREFUSED') return `${publisher} is not running (nobody listens on its control socket)`;
  if (code === 'EACCES') return `the dashboard may not open the control socket of ${publisher}`;
  if (code === 'ECONNRESET' || error.message === 'the feed ended') return `${publisher} closed the feed`;
  return error.message;
}
