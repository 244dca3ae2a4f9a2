import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView } from '@hatchery/events';
import { aChild, aUsage } from '../fixtures/fake-forker.ts';
import { aLock, aParty } from '../fixtures/locks.ts';
import { metricsText } from './metrics.ts';

test('the numbers are exposed as Prometheus reads them, without a name of a user', () => {
  const children = {
    c1: aChild('c1', { usage: aUsage(50) }),
    c2: aChild('c2', { usage: aUsage(150) }),
    c3: aChild('c3'),
  };
  const locks = { l1: aLock('l1', { condition: 'stale', waiters: [aParty('c2'), aParty('c3')] }) };
  const text = metricsText({
    view: { ...emptyView, children, locks },
    feedUp: false,
    gatewayUp: true,
    seq: 7,
    browsers: 2,
    tooSlowTotal: 1,
    untrustedTotal: 2,
    requestsRefusedTotal: 3,
    stuck: 1,
    history: { problem: 'disk full', waiting: 5, lost: 3, bytes: 4096, path: '/x', movedAside: null },
  });
  const lines = text.trimEnd().split('\n');
  assert.ok(lines.includes('# TYPE hatchery_children gauge'));
  assert.ok(lines.includes('hatchery_children{state="running"} 3'));
  assert.ok(lines.includes('hatchery_children{state="starting"} 0'));
  assert.ok(lines.includes('hatchery_children_cpu_cores 2'));
  assert.ok(lines.includes('hatchery_dashboard_feed_up 0'));
  assert.ok(lines.includes('hatchery_dashboard_events_total 7'));
  assert.ok(lines.includes('hatchery_locks{condition="stale"} 1'));
  assert.ok(lines.includes('hatchery_lock_waiters 2'));
  assert.ok(lines.includes('hatchery_children_stuck 1'));
  assert.ok(lines.includes('hatchery_dashboard_history_up 0'));
  assert.ok(lines.includes('hatchery_dashboard_history_lost_records_total 3'));
  assert.ok(!text.includes('anna'));
  for (const line of lines) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? [\d.]+)$/);
});
