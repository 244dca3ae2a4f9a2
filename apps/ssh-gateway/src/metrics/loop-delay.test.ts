import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { GatewayMetrics } from './gateway-metrics.ts';
import { measureLoopDelay } from './loop-delay.ts';

const nothing = {
  connections: 0,
  connectionsMax: 0,
  unauthenticated: null,
  unauthenticatedMax: 0,
  sessions: 0,
  bufferedBytes: 0,
  draining: false,
};

/** Looks counted so far, and the sum of delays in seconds. */
function measured(metrics: GatewayMetrics): { count: number; sum: number } {
  const family = metrics
    .read(nothing)
    .find(({ name }) => name === 'hatchery_ssh_event_loop_delay_seconds');
  assert.ok(family?.type === 'histogram');
  const [series] = family.series;
  return {
    count: (series?.counts ?? []).reduce((sum, one) => sum + one, 0),
    sum: series?.sum ?? 0,
  };
}

test('trap O: a loop that is held up shows by how long, and stops being looked at when told', async () => {
  const metrics = new GatewayMetrics();
  let clock = 0;
  const measuring = measureLoopDelay(metrics, () => clock, 1);
  // What is due at 1 comes at 3001, as behind three seconds of somebody's key exchange.
  clock = 3_001;
  await until('a look', () => measured(metrics).count > 0);
  measuring[Symbol.dispose]();
  const { count, sum } = measured(metrics);
  assert.ok(sum >= 3 && sum < 3.1, String(sum));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(measured(metrics).count, count);
});
