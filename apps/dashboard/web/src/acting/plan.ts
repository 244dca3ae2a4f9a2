import type { Child, Lock, View } from '@hatchery/events';
import { ending } from '../parts/ending.ts';

export type SignalName = 'TERM' | 'KILL';

/** One action, and how the page sees that it worked. */
export interface Step {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  /** The sentence to show once the feed confirms the action, or null until then. */
  readonly observed: (view: View) => string | null;
  /** The text to show when the feed has not confirmed the action after a while. */
  readonly unseen: string;
}

/** Signals exactly the process the user looked at: the request carries its pid and start time. */
export function signalStep(
  { id, pid, startTime }: Child,
  signal: SignalName,
  reason: string,
): Step {
  return {
    name: `Send ${signal} to pid ${pid}`,
    path: `/api/children/${encodeURIComponent(id)}/signal`,
    body: { signal, reason, pid, startTime },
    observed: ({ children, recentChildren }) => {
      if (children[id] !== undefined) return null;
      const ended = recentChildren.find((child) => child.id === id);
      return `The child has ended: ${ending(ended?.exit ?? null)}.`;
    },
    unseen:
      signal === 'TERM'
        ? 'It still runs and may ignore TERM. It cannot ignore KILL.'
        : 'It still runs.',
  };
}

/** Breaks exactly the acquisition the user looked at: the request carries its nonce. */
export function breakStep({ id, name, nonce }: Lock, force: boolean, reason: string): Step {
  return {
    name: `Break the lock of ${name}`,
    path: `/api/locks/${encodeURIComponent(id)}/break`,
    body: { nonce, force, reason },
    observed: ({ locks }) => {
      const lock = locks[id];
      if (lock === undefined) return 'The lock is free.';
      return lock.nonce === nonce
        ? null
        : `The lock is free, and ${lock.holder?.user ?? 'somebody'} has taken it again.`;
    },
    unseen: 'The lock is still held.',
  };
}

export function drainStep(draining: boolean, reason: string): Step {
  return {
    name: draining ? 'Take no new session' : 'Take new sessions again',
    path: draining ? '/api/drain' : '/api/undrain',
    body: { reason },
    observed: (view) => {
      if (view.draining !== draining) return null;
      return draining ? 'The service is draining.' : 'The service takes new sessions.';
    },
    unseen: 'The forker has not confirmed it yet.',
  };
}
