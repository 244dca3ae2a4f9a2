import type { Soon } from './live-store.ts';

/** The least time between repaints: a burst of events costs its folding and one repaint. */
const apartMs = 40;

/**
 * A {@link Soon} that runs at once when nothing ran recently, and otherwise after the rest of
 * {@link apartMs}.
 */
export function spacedOut(now: () => number): Soon {
  let ranAt = Number.NEGATIVE_INFINITY;
  let waiting: (() => void) | null = null;
  return (run) => {
    const inMs = ranAt + apartMs - now();
    if (waiting !== null) {
      waiting = run;
      return;
    }
    if (inMs <= 0) {
      ranAt = now();
      run();
      return;
    }
    waiting = run;
    setTimeout(() => {
      const latest = waiting;
      waiting = null;
      ranAt = now();
      latest?.();
    }, inMs);
  };
}
