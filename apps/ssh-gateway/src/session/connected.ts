import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves when the child has opened all its pipes, which it shows by removing their directory (protocol-v1, The directory of pipes), or when
 * `signal` fires. To close stdin earlier would take it away from under a child that is about to open it: the child would wait for a
 * writer for ever, and what had been written would be gone (fifo(7)).
 */
export async function whenConnected(directory: string, everyMs: number, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await access(directory);
      await delay(everyMs, undefined, { signal });
    }
  } catch {
    // The directory is gone, or there is nobody left to wait for it.
  }
}
