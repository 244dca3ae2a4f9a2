import type { Child, Lock, View } from '@hatchery/events';
import { ending } from '../parts/ending.ts';

export type SignalName = 'TERM' | 'KILL';

/** One action, and how it is seen to have worked. */
export interface Step {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  /** What the feed shows once it is done, in a sentence, or null while it does not. */
  readonly observed: (view: View) => string | null;
  /** What is there to read when nothing was observed for a while. */
  readonly unseen: string;
}

/** Ends exactly the process that was looked at: pid and start time go with the request. */
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
        ? 'It still runs and may ignore TERM. KILL is what it cannot ignore.'
        : 'It still runs.',
  };
}

/** Breaks exactly the acquisition that was looked at: its nonce goes with the request. */
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
        : `The lock is free, and ${lock.holder?.user ?? 'somebody'} has taken it anew.`;
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
    unseen: 'The forker does not say so yet.',
  };
}
