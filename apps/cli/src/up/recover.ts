import { setTimeout as delay } from 'node:timers/promises';
import type { Backoff } from './backoff.ts';

/** What {@link recover} works with. */
export interface Recovery {
  /** Brings up another generation. Rejects in one line when it does not come up. */
  readonly again: () => Promise<unknown>;
  /** True when another one serves, or the service stops. */
  readonly isOver: () => boolean;
  readonly backoff: Backoff;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
}

/**
 * Replaces a generation whose supervisor has ended, `how` says with what; tries again, ever more
 * slowly, until one serves. Never rejects.
 */
export async function recover(
  how: string,
  { again, isOver, backoff, say, stop }: Recovery,
): Promise<void> {
  say(`the supervisor of the parts ended with ${how}; others take over from those parts`);
  while (!isOver()) {
    await delay(backoff.failed(0), undefined, { signal: stop }).catch(() => undefined);
    if (isOver()) return;
    // What came of it has been said.
    await again().catch(() => undefined);
  }
}
