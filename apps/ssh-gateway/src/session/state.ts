import type { ChildExit } from '../ssh/channels/exit-report.ts';

/**
 * The phases of a session, from the request for a child to its end. `exitLost`: the fork service
 * went away, so the exit will stay unknown.
 */
export type SessionState =
  /** The fork service was asked. `gone` names why the child is no longer wanted. */
  | { readonly name: 'forking'; readonly gone: string | null }
  | { readonly name: 'running'; readonly outputsDrained: boolean; readonly exitLost: boolean }
  /** The child has exited; its last output is on the way to the client. */
  | { readonly name: 'draining'; readonly exit: ChildExit }
  /** The client has gone. The child is asked to end, more firmly with each step. */
  | {
      readonly name: 'abandoned';
      readonly reason: string;
      readonly step: AbandonStep;
      readonly outputsDrained: boolean;
      readonly exitLost: boolean;
    }
  | { readonly name: 'ended' };

/** `finish` lets the child end by itself. */
export type AbandonStep = 'finish' | 'hangup' | 'terminate' | 'kill';

export type SessionEvent =
  | { readonly type: 'forked' }
  /** There will be no child; `line` tells the user why. */
  | { readonly type: 'not-forked'; readonly line: string }
  /** The pipes could not be opened. */
  | { readonly type: 'pipes-failed'; readonly line: string }
  | { readonly type: 'child-exited'; readonly exit: ChildExit }
  | { readonly type: 'exit-lost' }
  /** The child's outputs have ended and all of them was sent to the client. */
  | { readonly type: 'outputs-drained' }
  /** The outputs ended a while ago, and the child has not. */
  | { readonly type: 'eof-due' }
  | { readonly type: 'client-gone'; readonly reason: string }
  /** The time for the current step with an abandoned child is over. */
  | { readonly type: 'step-expired' }
  /** No more waiting: the gateway has to stop now. */
  | { readonly type: 'hurry' };

export type SessionEffect =
  | { readonly type: 'stop-asking' }
  | { readonly type: 'open-pipes' }
  | { readonly type: 'tell-and-end'; readonly line: string }
  /** Reports the exit to the client and closes the channel. */
  | { readonly type: 'report-exit'; readonly exit: ChildExit }
  /** Asks for `eof-due` after a while. */
  | { readonly type: 'start-eof-wait' }
  | { readonly type: 'send-eof' }
  /** The child is gone: a process that still holds its outputs open gets a moment. */
  | { readonly type: 'limit-outputs' }
  /** Gives the child the end of its input and discards its outputs. */
  | { readonly type: 'detach-client' }
  | {
      readonly type: 'signal';
      readonly signal: 'SIGHUP' | 'SIGTERM' | 'SIGKILL';
      readonly reason: string;
    }
  | { readonly type: 'start-step'; readonly step: AbandonStep }
  | { readonly type: 'give-up-child' }
  | { readonly type: 'release'; readonly reason: string };

export interface Transition {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export const firstState: SessionState = { name: 'forking', gone: null };

/**
 * The result of one event. An event without a meaning in a state, such as a late one after the end,
 * changes nothing.
 */
export function transition(state: SessionState, event: SessionEvent): Transition {
  switch (state.name) {
    case 'forking':
      return whileForking(state, event);
    case 'running':
      return whileRunning(state, event);
    case 'draining':
      return whileDraining(state, event);
    case 'abandoned':
      return whileAbandoned(state, event);
    case 'ended':
      return stay(state);
    default:
      return state satisfies never;
  }
}

type In<Name extends SessionState['name']> = Extract<SessionState, { name: Name }>;

function whileForking(state: In<'forking'>, event: SessionEvent): Transition {
  switch (event.type) {
    case 'forked':
      if (state.gone === null)
        return {
          state: { name: 'running', outputsDrained: false, exitLost: false },
          effects: [{ type: 'open-pipes' }],
        };
      // The child received nothing and never will, so it has no work to lose: kill it without
      // waiting for a time-out.
      return abandon(state.gone, 'kill', { outputsDrained: false, exitLost: false });
    case 'not-forked':
      if (state.gone !== null) return end(state.gone);
      return end(`refused: ${event.line}`, { type: 'tell-and-end', line: event.line });
    case 'client-gone':
      return {
        state: { name: 'forking', gone: state.gone ?? event.reason },
        effects: [{ type: 'stop-asking' }],
      };
    default:
      return stay(state);
  }
}

function whileRunning(state: In<'running'>, event: SessionEvent): Transition {
  switch (event.type) {
    case 'child-exited':
      if (state.outputsDrained) return report(event.exit);
      return {
        state: { name: 'draining', exit: event.exit },
        effects: [{ type: 'limit-outputs' }],
      };
    case 'exit-lost':
      if (state.outputsDrained) return report({ kind: 'unknown' });
      return stay({ ...state, exitLost: true });
    case 'outputs-drained':
      if (state.exitLost) return report({ kind: 'unknown' });
      // Do not send EOF yet: a client that has sent its own closes the channel at ours, and would
      // miss the exit a moment later.
      return { state: { ...state, outputsDrained: true }, effects: [{ type: 'start-eof-wait' }] };
    case 'eof-due':
      return { state, effects: [{ type: 'send-eof' }] };
    case 'client-gone':
      return abandon(event.reason, 'finish', state, { type: 'detach-client' });
    case 'pipes-failed':
      return abandon(event.line, 'kill', state, { type: 'tell-and-end', line: event.line });
    default:
      return stay(state);
  }
}

function whileDraining(state: In<'draining'>, event: SessionEvent): Transition {
  switch (event.type) {
    case 'outputs-drained':
      return report(state.exit);
    case 'client-gone':
      return end(event.reason);
    default:
      return stay(state);
  }
}

function whileAbandoned(state: In<'abandoned'>, event: SessionEvent): Transition {
  switch (event.type) {
    case 'child-exited':
      return end(state.reason);
    case 'exit-lost':
      return state.outputsDrained ? end(state.reason) : stay({ ...state, exitLost: true });
    case 'outputs-drained':
      return state.exitLost ? end(state.reason) : stay({ ...state, outputsDrained: true });
    case 'step-expired':
      return nextStep(state);
    case 'hurry':
      return state.step === 'finish' ? nextStep(state) : stay(state);
    default:
      return stay(state);
  }
}

const stepAfter = { finish: 'hangup', hangup: 'terminate', terminate: 'kill' } as const;
const signalOf = { hangup: 'SIGHUP', terminate: 'SIGTERM', kill: 'SIGKILL' } as const;

function nextStep(state: In<'abandoned'>): Transition {
  // SIGKILL was sent but no exit was reported. Report an error, because the session must end
  // somehow.
  if (state.step === 'kill') return end(state.reason, { type: 'give-up-child' });
  return abandon(state.reason, stepAfter[state.step], state);
}

function abandon(
  reason: string,
  step: AbandonStep,
  { outputsDrained, exitLost }: Pick<In<'abandoned'>, 'outputsDrained' | 'exitLost'>,
  ...before: SessionEffect[]
): Transition {
  const signals: SessionEffect[] =
    step === 'finish' ? [] : [{ type: 'signal', signal: signalOf[step], reason }];
  return {
    state: { name: 'abandoned', reason, step, outputsDrained, exitLost },
    effects: [...before, ...signals, { type: 'start-step', step }],
  };
}

function report(exit: ChildExit): Transition {
  return end('finished', { type: 'report-exit', exit });
}

function end(reason: string, ...before: SessionEffect[]): Transition {
  return { state: { name: 'ended' }, effects: [...before, { type: 'release', reason }] };
}

function stay(state: SessionState): Transition {
  return { state, effects: [] };
}
