import type { FeedMessage, FeedState } from '@hatchery/events';
import { dialFeed } from '@hatchery/event-feed';

/** What the dashboard makes of the connection to a feed. */
export interface FeedLink extends AsyncDisposable {
  readonly state: FeedState;
}

/** Who publishes a feed, and where. */
export interface Publisher {
  readonly controlSocket: string;
  /** As `the forker`. */
  readonly name: string;
  /**
   * Why it does not run, when its supervisor or itself has written that down; null when nothing is
   * known.
   */
  readonly halted: () => string | null;
}

/**
 * Dials the feed of a publisher for ever. `changed` is called when it comes up or goes down, not
 * for each failed try in between.
 */
export function linkFeed(
  { controlSocket, name, halted }: Publisher,
  listener: { message(message: FeedMessage): void; changed(state: LinkState): void },
): FeedLink {
  let state: LinkState = {
    up: false,
    since: new Date().toISOString(),
    reason: 'not heard from yet',
    neverHeard: true,
  };
  let heardAt = new Date();
  const connection = dialFeed(controlSocket, {
    message: (message) => {
      heardAt = new Date();
      listener.message(message);
    },
    connection: (told) => {
      // What hangs is called away seconds after its last word, and it is the word that the data is
      // as old as.
      const next = nextState(state, told, told.up ? new Date() : heardAt, name, halted);
      if (next === state) return;
      state = next;
      listener.changed(state);
    },
  });
  return {
    get state() {
      return state.up ? { ...state, heardAt: heardAt.toISOString() } : state;
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** The state of a link, but for when it was last heard. */
export type LinkState =
  Omit<Extract<FeedState, { up: true }>, 'heardAt'> | Extract<FeedState, { up: false }>;

/**
 * The state after one report, which is of the instant `at`; the same object when nothing is new. A
 * repeated failure keeps its first instant.
 */
export function nextState(
  state: LinkState,
  told: { readonly up: true } | { readonly up: false; readonly error: Error },
  at: Date,
  publisher = 'the forker',
  halted: Publisher['halted'] = () => null,
): LinkState {
  if (told.up) return state.up ? state : { up: true, since: at.toISOString() };
  const reason = reasonOf(told.error, publisher, halted);
  if (state.up) return { up: false, since: at.toISOString(), reason };
  return state.reason === reason ? state : { ...state, reason };
}

function reasonOf(error: Error, publisher: string, halted: Publisher['halted']): string {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? halted() : null;
  if (why !== null) return `${publisher} does not run: ${why}`;
  if (code === 'ENOENT') return `${publisher} is not running (its control socket is missing)`;
  if (code === 'ECONNREFUSED')
    return `${publisher} is not running (nobody listens on its control socket)`;
  if (code === 'EACCES') return `the dashboard may not open the control socket of ${publisher}`;
  if (code === 'ECONNRESET' || error.message === 'the feed ended')
    return `${publisher} closed the feed`;
  return error.message;
}
