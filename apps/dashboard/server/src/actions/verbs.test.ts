import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { aChild, exited, startFakeForker } from '../fixtures/fake-forker.ts';
import { pageFixture } from '../fixtures/page-fixture.ts';
import { dashboardConfig, eventually, startDashboard, temporaryDirectory } from '../fixtures/running-dashboard.ts';
import { bodyBytesMax, reasonCharactersMax } from '../limits.ts';

async function stage() {
  const directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  const forker = await startFakeForker(controlSocketPath(config));
  const dashboard = await startDashboard(config, pageFixture(directory.path));
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await eventually('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
  const cookie = await dashboard.signIn();
  const headers = { cookie, origin: dashboard.origin, 'content-type': 'application/json' };
  return {
    forker,
    /** A request that is right in all but what a test changes. */
    post: async (path: string, change: { headers?: Record<string, string>; without?: string; body?: string } = {}) => {
      const sent: Record<string, string> = { ...headers, ...change.headers };
      if (change.without !== undefined) delete sent[change.without];
      const response = await dashboard.fetch(path, {
        method: 'POST',
        headers: sent,
        body: change.body ?? JSON.stringify(good),
      });
      return { status: response.status, answer: (await response.json()) as { error?: string; actionId?: string } };
    },
    [Symbol.asyncDispose]: async () => {
      await dashboard[Symbol.asyncDispose]();
      await forker[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

const path = '/api/children/c1/signal';
const good = { signal: 'TERM', reason: 'runaway', pid: 4_000_001, startTime: 123_456 };

test('a signal goes to the forker with its reason and the process that was looked at', async () => {
  await using running = await stage();
  const { status, answer } = await running.post(path);
  assert.deepEqual([status, answer.actionId], [202, 'a1']);
  assert.deepEqual(running.forker.asked, [
    {
      path: '/v1/children/c1/signal',
      body: { signal: 'SIGTERM', actor: 'admin', reason: 'runaway', pid: 4_000_001, startTime: 123_456 },
    },
  ]);
});

test('draining is asked for with its reason', async () => {
  await using running = await stage();
  assert.equal((await running.post('/api/drain')).status, 202);
  assert.equal((await running.post('/api/undrain')).status, 202);
  assert.deepEqual(
    running.forker.asked.map((asked) => asked.path),
    ['/v1/drain', '/v1/undrain'],
  );
});

test('a viewer may not, and is told the remedy', async () => {
  await using running = await stage();
  const { status, answer } = await running.post(path, { without: 'cookie' });
  assert.equal(status, 403);
  assert.match(answer.error ?? '', /role operator; you are viewer.*sign-in link/);
  assert.deepEqual(running.forker.asked, []);
});

const refusals: readonly (readonly [string, number, Parameters<Awaited<ReturnType<typeof stage>>['post']>[1]])[] = [
  ['from another page', 403, { headers: { origin: 'http://evil.example' } }],
  ['from another port of this machine', 403, { headers: { origin: 'http://127.0.0.1:1' } }],
  ['from no page', 403, { without: 'origin' }],
  ['with a forged cookie', 403, { headers: { cookie: 'hatchery-5080=forged' } }],
  ['as a form', 415, { headers: { 'content-type': 'text/plain' } }],
  ['with a body that is too large', 413, { body: JSON.stringify({ ...good, padding: 'x'.repeat(bodyBytesMax) }) }],
  ['with broken JSON', 400, { body: '{"signal":' }],
  ['with an array', 400, { body: '[]' }],
  ['without a reason', 400, { body: JSON.stringify({ ...good, reason: ' ' }) }],
  ['with a reason of a book', 400, { body: JSON.stringify({ ...good, reason: 'x'.repeat(reasonCharactersMax + 1) }) }],
  ['with another signal', 400, { body: JSON.stringify({ ...good, signal: 'STOP' }) }],
  ['with a signal off the prototype', 400, { body: JSON.stringify({ ...good, signal: 'constructor' }) }],
  ['without the process that was looked at', 400, { body: JSON.stringify({ ...good, pid: undefined }) }],
  ['with a pid that is no number', 400, { body: JSON.stringify({ ...good, pid: '1' }) }],
  ['for another process under the same id', 412, { body: JSON.stringify({ ...good, startTime: 1 }) }],
];

for (const [name, status, change] of refusals) {
  test(`a signal ${name} is refused with ${status}`, async () => {
    await using running = await stage();
    const refused = await running.post(path, change);
    assert.equal(refused.status, status);
    assert.match(refused.answer.error ?? '', /\.$/, 'a sentence');
    // The forker is the judge of which process it is, and of nothing else.
    assert.equal(running.forker.asked.length, status === 412 ? 1 : 0);
  });
}

test('a child that is not there, has ended, or a forker that is away, is worded', async () => {
  await using running = await stage();
  assert.match((await running.post('/api/children/c7/signal')).answer.error ?? '', /no such child/);
  running.forker.publish(exited('c1'));
  const { status, answer } = await running.post(path);
  assert.deepEqual([status, answer.error], [409, 'The child has ended already. Nothing was done.']);
  await running.forker[Symbol.asyncDispose]();
  await delay(10);
  const away = await running.post(path);
  assert.equal(away.status, 503);
  assert.match(away.answer.error ?? '', /forker is away/);
});

test('an id cannot lead to another path of the forker', async () => {
  await using running = await stage();
  assert.equal((await running.post('/api/children/..%2F..%2Fdrain%3F/signal')).status, 404);
  assert.equal((await running.post('/api/children/%E0%A4%A/signal')).status, 404);
  assert.ok(running.forker.asked.every((asked) => asked.path.endsWith('/signal')));
});

test('breaking locks is worded as not there yet', async () => {
  await using running = await stage();
  const { status, answer } = await running.post('/api/locks/l1/break');
  assert.equal(status, 501);
  assert.match(answer.error ?? '', /hatchery break-lock/);
});
