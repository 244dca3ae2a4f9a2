import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, failureStatus, type FailureKind, type View } from '@hatchery/events';
import { aChild, aUsage } from '../../test-support/fake-forker.ts';
import { aLock, aParty } from '../../test-support/locks.ts';
import { metricsText } from './metrics.ts';

const noLimits = {
  cpu_s: 0,
  address_space_bytes: 0,
  user_memory_bytes: 0,
  open_files: 0,
  file_size_bytes: 0,
  memory: 0,
};
const noFailures = Object.fromEntries(
  Object.keys(failureStatus).map((kind) => [kind, 0]),
) as Record<FailureKind, 0>;

const input = {
  view: emptyView,
  feedUp: false,
  gatewayUp: true,
  seq: 7,
  browsers: 2,
  tooSlowTotal: 1,
  isKnown: true,
  untrustedTotal: 2,
  requestsRefusedTotal: 3,
  stuck: 1,
  history: { problem: 'disk full', waiting: 5, lost: 3, bytes: 4096, path: '/x', movedAside: null },
};

test('a zygote that is not wanted alarms nobody, one that does not come up does', async () => {
  const readyIn = async (zygote: View['zygote']): Promise<string | undefined> =>
    /^hatchery_zygote_ready (\d)$/m.exec(
      await metricsText({ ...input, view: { ...emptyView, zygote } }, null),
    )?.[1];
  assert.deepEqual(
    [await readyIn({ state: 'off' }), await readyIn({ state: 'ready', pid: 7 })],
    ['1', '1'],
  );
  assert.deepEqual(
    [
      await readyIn({ state: 'starting' }),
      await readyIn({ state: 'failed', step: 'x', message: 'y' }),
    ],
    ['0', '0'],
  );
});

test('the numbers are exposed as Prometheus reads them, without a name of a user', async () => {
  const children = {
    c1: aChild('c1', { usage: aUsage(50) }),
    c2: aChild('c2', { usage: aUsage(150) }),
    c3: aChild('c3'),
  };
  const locks = { l1: aLock('l1', { condition: 'stale', waiters: [aParty('c2'), aParty('c3')] }) };
  const load = {
    children: 4,
    childrenMax: 5,
    orphans: 1,
    zombies: 2,
    waiting: 3,
    waitingMax: 10,
    left: 6,
    waited: { boundsS: [0.1, 1], counts: [2, 1, 1], sumS: 9.5 },
    refused: { 'service-full': 7 },
    leftovers: { count: 3, bytes: 73, oldestAt: null, owners: [], lookedAt: '' },
    leftoversCollected: 9,
    failures: { ...noFailures, 'lock-held': 8 },
    limits: { ...noLimits, cpu_s: 2 },
  };
  const told = { ...input, view: { ...emptyView, children, locks } };
  const text = await metricsText(told, load);
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
  assert.ok(
    lines.includes('hatchery_sessions_used 4') && lines.includes('hatchery_sessions_limit 5'),
  );
  assert.ok(lines.includes('hatchery_zombies 2') && lines.includes('hatchery_orphans 1'));
  assert.ok(lines.includes('hatchery_forks_refused_total{reason="service-full"} 7'));
  assert.ok(lines.includes('hatchery_fork_queue_wait_seconds_bucket{le="1"} 3'));
  assert.ok(lines.includes('hatchery_fork_queue_wait_seconds_bucket{le="+Inf"} 4'));
  assert.ok(lines.includes('hatchery_fork_queue_wait_seconds_count 4'));
  assert.ok(lines.includes('hatchery_session_failures_total{kind="lock-held"} 8'));
  assert.ok(lines.includes('hatchery_session_failures_total{kind="disk"} 0'));
  assert.ok(lines.includes('hatchery_sessions_ended_by_limit_total{limit="cpu_s"} 2'));
  assert.ok(lines.includes('hatchery_sessions_ended_by_limit_total{limit="memory"} 0'));
  assert.ok(lines.includes('hatchery_leftovers 3') && lines.includes('hatchery_leftover_bytes 73'));
  assert.ok(!text.includes('anna'));
  for (const line of lines)
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[\w.+-]+"\})? [\d.]+)$/);
  const without = await metricsText(told, null);
  assert.ok(text.startsWith(without) && !without.includes('hatchery_sessions_limit'));
});
