import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { aChild, startFakeForker } from '../../test-support/fake-forker.ts';
import { aLock } from '../../test-support/locks.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';

/** A dashboard whose history cannot be written: a file is where its directory has to be. */
async function stage() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryDirectory());
  const config = dashboardConfig(path);
  const obstacle = join(path, 'dashboard');
  writeFileSync(obstacle, '');
  const forker = stack.use(await startFakeForker(controlSocketPath(config)));
  const dashboard = stack.use(await startDashboard(config, pageFixture(path)));
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
  const doctor = async (): Promise<string> => (await dashboard.fetch('/api/doctor')).text();
  await until('the history is known not to work', async () =>
    (await doctor()).includes('not written: '),
  );
  await until('the lock is known', async () =>
    (await (await dashboard.fetch('/api/state')).text()).includes('nonce-l1'),
  );
  const cookie = await dashboard.signIn();
  const held = stack.move();
  return {
    forker,
    dashboard,
    obstacle,
    doctor,
    post: async (address: string, body: object) => {
      const headers = { cookie, origin: dashboard.origin, 'content-type': 'application/json' };
      const response = await dashboard.fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return {
        status: response.status,
        told: (await response.json()) as { error?: string; notice?: string },
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const verbs = [
  [
    'TERM',
    '/api/children/c1/signal',
    { signal: 'TERM', reason: 'r', pid: 4_000_001, startTime: 123_456 },
    'kill',
  ],
  [
    'KILL',
    '/api/children/c1/signal',
    { signal: 'KILL', reason: 'r', pid: 4_000_001, startTime: 123_456 },
    'kill',
  ],
  ['break', '/api/locks/l1/break', { reason: 'r', nonce: 'nonce-l1' }, 'break-lock'],
  ['drain', '/api/drain', { reason: 'r' }, 'drain'],
  ['undrain', '/api/undrain', { reason: 'r' }, 'undrain'],
] as const;

for (const [name, address, body, command] of verbs) {
  test(`${name} that could be recorded nowhere is not done, and the way on the host is told`, async () => {
    await using running = await stage();
    running.forker.eventsOnDisk = false;
    const { status, told } = await running.post(address, body);
    assert.equal(status, 503);
    assert.match(
      told.error ?? '',
      new RegExp(`^Nothing was done: .*hatchery .*${command}.* on the host\\.$`),
    );
    assert.deepEqual(running.forker.asked, []);
  });

  test(`${name} goes ahead without the history when the forker records it first, and says so`, async () => {
    await using running = await stage();
    const { status, told } = await running.post(address, body);
    assert.equal(status, 202);
    assert.match(told.notice ?? '', /stands in the event log of the fork service/);
    assert.equal(running.forker.asked.length, 1);
  });
}

test('without history and forker nothing is done, at once', async () => {
  await using running = await stage();
  await running.forker[Symbol.asyncDispose]();
  const { status, told } = await running.post('/api/drain', { reason: 'r' });
  assert.equal(status, 503);
  assert.match(told.error ?? '', /^Nothing was done/);
});

test('what was refused for want of a record is in the audit when there is one again', async () => {
  await using running = await stage();
  running.forker.eventsOnDisk = false;
  await running.post('/api/drain', { reason: 'full disk' });
  rmSync(running.obstacle);
  let rows: readonly { what: string; why: string }[] = [];
  await until('the history works again', async () => {
    const response = await running.dashboard.fetch('/api/audit');
    if (!response.ok) return false;
    ({ rows } = (await response.json()) as { rows: typeof rows });
    return rows.length > 0;
  });
  assert.equal(rows[0]?.what, 'drain forker refused');
  assert.match(rows[0]?.why ?? '', /^full disk \(refused \(503\): Nothing was done/);
});
