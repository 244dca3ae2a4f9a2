/** How far a worker process has come, as the first process sees it. */
export type ChildState =
  /** It was started and has not said whether it can serve. */
  | { readonly name: 'starting' }
  /**
   * It takes connections. `looksInVain`: how often it was looked at since it last said anything.
   * Looks are counted, not time: if the first process itself was stopped, it has not looked.
   */
  | { readonly name: 'serving'; readonly looksInVain: number }
  /** It has said why it cannot serve, and is about to end. */
  | { readonly name: 'failed'; readonly reason: string }
  | { readonly name: 'ended'; readonly how: string };

export type ChildEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string }
  /** It has sent something, whatever it was. */
  | { readonly type: 'heard' }
  /** The first process looks whether it was heard; an answer resets the count. */
  | { readonly type: 'looked-at' }
  | { readonly type: 'ended'; readonly how: string };

export type ChildEffect =
  | { readonly type: 'announce-ready' }
  /** Tell the starter that it will never take connections. */
  | { readonly type: 'announce-failure'; readonly reason: string }
  /** Answer every question that it was asked, and let go of the connections that it had. */
  | { readonly type: 'settle'; readonly how: string };

export interface ChildTransition {
  readonly state: ChildState;
  readonly effects: readonly ChildEffect[];
}

/**
 * What an event comes to. The first cause stands: what comes after an end, or twice, changes
 * nothing.
 */
export function transition(state: ChildState, event: ChildEvent): ChildTransition {
  switch (state.name) {
    case 'starting':
      return whileStarting(state, event);
    case 'serving':
      return whileServing(state, event);
    case 'failed':
      return event.type === 'ended' ? end(event.how) : stay(state);
    case 'ended':
      return stay(state);
    default:
      return state satisfies never;
  }
}

type In<Name extends ChildState['name']> = Extract<ChildState, { name: Name }>;

function whileStarting(state: In<'starting'>, event: ChildEvent): ChildTransition {
  switch (event.type) {
    case 'ready':
      return { state: { name: 'serving', looksInVain: 0 }, effects: [{ type: 'announce-ready' }] };
    case 'failed': {
      const { reason } = event;
      return { state: { name: 'failed', reason }, effects: [{ type: 'announce-failure', reason }] };
    }
    case 'ended': {
      const reason = `a worker process ended with ${event.how} before it was ready`;
      return end(event.how, { type: 'announce-failure', reason });
    }
    case 'heard':
    case 'looked-at':
      // A start has a deadline of its own, with the part.
      return stay(state);
    default:
      return event satisfies never;
  }
}

function whileServing(state: In<'serving'>, event: ChildEvent): ChildTransition {
  switch (event.type) {
    case 'heard':
      return stay({ ...state, looksInVain: 0 });
    case 'looked-at':
      return stay({ ...state, looksInVain: state.looksInVain + 1 });
    case 'failed':
      // Its end follows, which is what counts for one that has served.
      return stay(state);
    case 'ended':
      return end(event.how);
    case 'ready':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function end(how: string, ...before: ChildEffect[]): ChildTransition {
  return { state: { name: 'ended', how }, effects: [...before, { type: 'settle', how }] };
}

function stay(state: ChildState): ChildTransition {
  return { state, effects: [] };
}
