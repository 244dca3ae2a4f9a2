import type { LiveState } from '../live/connection.ts';
import { newestView } from '../live/folded-data.ts';
import type { Cell } from '../store/cell.ts';
import { postAction } from './post-action.ts';
import type { Step } from './plan.ts';

/** The progress of one step. "Sent" is not "done": only the feed shows that something happened. */
export type Progress =
  | { readonly at: 'waiting' }
  | { readonly at: 'intent' }
  | { readonly at: 'sent'; readonly note: string | null }
  | { readonly at: 'observed'; readonly note: string }
  | { readonly at: 'needless'; readonly note: string }
  | { readonly at: 'failed'; readonly note: string };

/** If the feed shows nothing for this long after an action, say so and keep waiting. */
const patienceMs = 10_000;

/** What a plan runs on. These are parameters so that tests need no browser. */
export interface Stage {
  readonly live: Cell<LiveState>;
  readonly report: (progress: readonly Progress[]) => void;
  readonly signal: AbortSignal;
  readonly post?: typeof postAction;
}

/**
 * Runs the steps in order. Each starts when the feed has confirmed the one before. Stops at the
 * first refusal.
 */
export async function runPlan(
  plan: readonly Step[],
  { live, report, signal, post = postAction }: Stage,
): Promise<void> {
  const progress: Progress[] = plan.map(() => ({ at: 'waiting' }));
  const tell = (index: number, next: Progress): void => {
    progress[index] = next;
    if (!signal.aborted) report([...progress]);
  };
  for (const [index, step] of plan.entries()) {
    const { data } = live.get();
    const already = index === 0 || data === null ? null : step.observed(newestView(data));
    if (already !== null) {
      // A lock is often freed when its holder ends.
      tell(index, { at: 'needless', note: already });
      continue;
    }
    tell(index, { at: 'intent' });
    const outcome = await post(step.path, step.body);
    if (!outcome.sent) return tell(index, { at: 'failed', note: outcome.message });
    tell(index, { at: 'sent', note: outcome.notice });
    const timer = setTimeout(() => tell(index, { at: 'sent', note: step.unseen }), patienceMs);
    const seen = await observed(step, live, signal);
    clearTimeout(timer);
    if (seen === null) return;
    tell(index, {
      at: 'observed',
      note: outcome.notice === null ? seen : `${seen} ${outcome.notice}`,
    });
  }
}

/** What the feed shows, or null when the dialog was closed. */
function observed(step: Step, live: Cell<LiveState>, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { data } = live.get();
      const seen = data === null ? null : step.observed(newestView(data));
      if (seen === null) return;
      leave();
      resolve(seen);
    };
    const leave = live.subscribe(look);
    signal.addEventListener('abort', () => {
      leave();
      resolve(null);
    });
    look();
  });
}
