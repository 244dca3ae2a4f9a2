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
async function measured(metrics: GatewayMetrics): Promise<{ count: number; sum: number }> {
  const name = 'hatchery_ssh_event_loop_delay_seconds';
  const family = (await metrics.read(nothing)).find((one) => one.name === name);
  assert.ok(family?.type === 'histogram');
  const valueOf = (metricName: string): number =>
    family.values.find((one) => one.metricName === metricName)?.value ?? assert.fail(metricName);
  return { count: valueOf(`${name}_count`), sum: valueOf(`${name}_sum`) };
}

test('trap O: a loop that is held up shows by how long, and stops being looked at when told', async () => {
  const metrics = new GatewayMetrics();
  let clock = 0;
  const measuring = measureLoopDelay(metrics, () => clock, 1);
  // What is due at 1 comes at 3001, as behind three seconds of somebody's key exchange.
  clock = 3_001;
  await until('a look', async () => (await measured(metrics)).count > 0);
  measuring[Symbol.dispose]();
  const { count, sum } = await measured(metrics);
  assert.ok(sum >= 3 && sum < 3.1, String(sum));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal((await measured(metrics)).count, count);
});
