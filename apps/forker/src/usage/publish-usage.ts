import type { EventLog } from '@hatchery/event-feed';
import type { ChildRegistry } from '../children/running/registry.ts';
import { sampleIntervalMs, sampleStepMs } from '../limits.ts';
import type { Sample, UsageSampler } from './sampler.ts';

/** Samples all children, and publishes the new samples once a second, until disposed. */
export function publishUsage(
  sampler: UsageSampler,
  registry: ChildRegistry,
  events: EventLog,
): Disposable {
  let gathered: Sample[] = [];
  let publishedMs = performance.now();
  function* living() {
    for (const { child } of registry.entries()) yield { id: child.id, pid: child.pid };
  }
  const timer = setInterval(() => {
    gathered.push(...sampler.step(living));
    const nowMs = performance.now();
    if (nowMs - publishedMs < sampleIntervalMs || gathered.length === 0) return;
    events.publish({ kind: 'child.usage', samples: gathered });
    gathered = [];
    publishedMs = nowMs;
  }, sampleStepMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
