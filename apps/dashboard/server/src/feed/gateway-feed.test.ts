import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath, gatewayControlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { aChild, exited, startFakeForker } from '../../test-support/fake-forker.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';

type Row = Readonly<Record<string, unknown>>;

async function stage() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryDirectory());
  const config = dashboardConfig(path);
  const forker = stack.use(await startFakeForker(controlSocketPath(config)));
  const gateway = stack.use(await startFakeForker(gatewayControlSocketPath(config)));
  const dashboard = stack.use(await startDashboard(config, pageFixture(path)));
  const metric = async (text: string): Promise<boolean> =>
    (await (await dashboard.fetch('/metrics')).text()).includes(
      `hatchery_dashboard_gateway_feed_up ${text}\n`,
    );
  await until(
    'both feeds are up',
    async () => (await dashboard.fetch('/readyz')).ok && (await metric('1')),
  );
  const held = stack.move();
  return {
    config,
    forker,
    gateway,
    dashboard,
    metric,
    rows: async (address: string): Promise<readonly Row[]> =>
      ((await (await dashboard.fetch(address)).json()) as { rows: readonly Row[] }).rows,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const closed = {
  kind: 'session.closed',
  sessionId: 's1',
  childId: 'c1',
  reason: 'finished',
  bytes: { in: 10, out: 2_000, err: 0 },
  phasesMs: { auth: 20.5, exec: 1, forked: 4.2, firstByte: 9, end: 300 },
} as const;
const told = {
  session_id: 's1',
  close_reason: 'finished',
  bytes_in: 10,
  bytes_out: 2_000,
  bytes_err: 0,
  auth_ms: 20.5,
  exec_ms: 1,
  forked_ms: 4.2,
  first_byte_ms: 9,
  end_ms: 300,
};

for (const gatewayFirst of [false, true])
  test(`a session has its bytes, phases and the reason of its close, told ${gatewayFirst ? 'before' : 'after'} its child`, async () => {
    await using running = await stage();
    const { forker, gateway, dashboard } = running;
    if (gatewayFirst) gateway.publish(closed);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish(exited('c1'));
    forker.publish({ kind: 'child.spawned', child: aChild('c2') });
    if (!gatewayFirst) gateway.publish(closed);
    await until('it is kept', async () => {
      const found = (await running.rows('/api/history')).find(({ id }) => id === 'c1');
      return found?.['session_id'] === 's1' && found['ended_at'] !== null;
    });
    const [second, first] = (await running.rows('/api/history')).toSorted((a, b) =>
      String(a['id']) < String(b['id']) ? 1 : -1,
    );
    assert.deepEqual({ ...first, ...told }, first);
    assert.equal(second?.['bytes_in'], null, 'of a session that runs nothing is known yet');
    const child = (await (await dashboard.fetch('/api/children/c1')).json()) as { session: Row };
    assert.deepEqual({ ...child.session, ...told }, child.session);
    const csv = (await (await dashboard.fetch('/api/history.csv?q=c1')).text()).split('\r\n');
    assert.match(
      csv[0] ?? '',
      /,session_id,close_reason,bytes_in,bytes_out,bytes_err,auth_ms,exec_ms,forked_ms,/,
    );
    assert.match(csv[1] ?? '', /,s1,finished,10,2000,0,20\.5,1,4\.2,9,300$/);
  });

test('a refused session is counted in the timeline, and what was done to the gateway stands in the audit', async () => {
  await using running = await stage();
  const { gateway, dashboard } = running;
  gateway.publish({
    kind: 'session.refused',
    user: 'mallory',
    peer: '192.0.2.9:1',
    reason: 'unknown-program',
  });
  gateway.publish({ kind: 'session.refused', user: null, peer: '192.0.2.8:1', reason: 'draining' });
  const intent = {
    actionId: 'g1',
    actor: 'root',
    verb: 'drain',
    target: 'ssh-gateway',
    reason: 'upgrade',
  };
  gateway.publish({ kind: 'action.requested', ...intent });
  gateway.publish({ kind: 'action.done', actionId: 'g1', outcome: 'done' });
  let told: { marks: readonly Row[]; refusals: readonly Row[] } = { marks: [], refusals: [] };
  await until('both are counted', async () => {
    told = (await (await dashboard.fetch('/api/timeline')).json()) as typeof told;
    return told.refusals.reduce((sum, { count }) => sum + Number(count), 0) === 2;
  });
  assert.deepEqual(told.marks, []);
  const [line] = await running.rows('/api/audit');
  assert.deepEqual(
    [line?.['who'], line?.['what'], line?.['why']],
    ['root', 'drain ssh-gateway', 'upgrade (done)'],
  );
});

test('whom the gateway turned away is told with the history, narrowed like it, and never a whole flood', async () => {
  await using running = await stage();
  const { gateway, dashboard } = running;
  const refuse = (user: string | null, peer: string): void =>
    gateway.publish({ kind: 'session.refused', user, peer, reason: 'unknown key' });
  refuse('mallory', '192.0.2.9:1');
  for (let number = 0; number < 150; number += 1) refuse(null, `192.0.2.8:${number}`);
  const ask = async (query: string): Promise<{ rows: readonly Row[]; count: number } | null> =>
    (
      (await (await dashboard.fetch(`/api/history${query}`)).json()) as {
        refusals: { rows: Row[]; count: number };
      }
    ).refusals;
  await until('all are kept', async () => (await ask(''))?.count === 151);
  const all = await ask('');
  assert.deepEqual(
    [all?.rows.length, all?.rows[0]?.['text']],
    [100, '192.0.2.8:149 refused: unknown key'],
  );
  assert.equal((await ask('?user=mallory'))?.count, 1);
  assert.equal((await ask('?q=192.0.2.8:14'))?.count, 11);
  assert.equal((await ask('?q=%25'))?.count, 0, 'a percent sign is one');
  assert.equal((await ask('?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z'))?.count, 0);
  for (const query of ['?outcome=failed', '?branch=x', '?after=1.c1'])
    assert.equal(await ask(query), null, query);
  const backwards = await dashboard.fetch(
    '/api/history?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z',
  );
  assert.equal(backwards.status, 400);
});

test('a gateway that is away is shown, stops nothing, and is heard when it comes back', async () => {
  await using running = await stage();
  await running.gateway[Symbol.asyncDispose]();
  await until('it is shown', () => running.metric('0'));
  assert.equal((await running.dashboard.fetch('/readyz')).status, 200);
  const checks = (await (await running.dashboard.fetch('/api/doctor')).json()) as readonly Row[];
  const check = checks.find(({ name }) => name === 'Feed of the gateway');
  assert.equal(check?.['verdict'], 'warning');
  assert.match(String(check?.['found']), /the ssh gateway (is not running|closed the feed)/);
  running.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await until('the rest goes on', async () => (await running.rows('/api/history')).length === 1);
  await using again = await startFakeForker(gatewayControlSocketPath(running.config), {
    epoch: 'two',
  });
  await until('it is heard', () => running.metric('1'));
  again.publish(closed);
  await until(
    'it is kept',
    async () => (await running.rows('/api/history'))[0]?.['session_id'] === 's1',
  );
});
