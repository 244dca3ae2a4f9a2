import type { GatewayMetrics } from './gateway-metrics.ts';

/** Looks so often how late the event loop is; a single look costs microseconds. */
const lookEveryMs = 500;

/**
 * Measures how late timers are served, until it is disposed. One loop serves all connections of a
 * process (trap O).
 */
export function measureLoopDelay(
  metrics: GatewayMetrics,
  now: () => number,
  everyMs = lookEveryMs,
): Disposable {
  let dueAt = now() + everyMs;
  const timer = setInterval(() => {
    const at = now();
    metrics.loopDelayed(at - dueAt);
    dueAt = at + everyMs;
  }, everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
