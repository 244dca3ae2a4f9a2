// Long: a suite for each verb, over one stand-in for both services.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import type { Role } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { aChild, exited, startFakeForker } from '../../test-support/fake-forker.ts';
import { aLock } from '../../test-support/locks.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';
import { bodyBytesMax, reasonCharactersMax } from '../limits.ts';
import type { Refusal } from '../sign-in/access.ts';
import { breakLock, drain, roleRefusal, signalChild, type Verb } from './verbs.ts';

async function stage(options: { readonly old?: boolean } = {}) {
  const directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  const forker = await startFakeForker(controlSocketPath(config), options);
  const dashboard = await startDashboard(config, pageFixture(directory.path));
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await until('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
  const cookie = await dashboard.signIn();
  const headers = { cookie, origin: dashboard.origin, 'content-type': 'application/json' };
  return {
    forker,
    /** A request that is right in all but what a test changes. */
    post: async (
      path: string,
      change: { headers?: Record<string, string>; without?: string; body?: string } = {},
    ) => {
      const sent: Record<string, string> = { ...headers, ...change.headers };
      if (change.without !== undefined) delete sent[change.without];
      const response = await dashboard.fetch(path, {
        method: 'POST',
        headers: sent,
        body: change.body ?? JSON.stringify(good),
      });
      return {
        status: response.status,
        answer: (await response.json()) as { error?: string; actionId?: string },
      };
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
      body: {
        signal: 'SIGTERM',
        actor: 'admin',
        reason: 'runaway',
        pid: 4_000_001,
        startTime: 123_456,
      },
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
  assert.match(answer.error ?? '', /role operator; you are viewer.*hatchery sign-in/);
  assert.deepEqual(running.forker.asked, []);
});

const refusals: readonly (readonly [
  string,
  number,
  Parameters<Awaited<ReturnType<typeof stage>>['post']>[1],
])[] = [
  ['from another page', 403, { headers: { origin: 'http://evil.example' } }],
  ['from another port of this machine', 403, { headers: { origin: 'http://127.0.0.1:1' } }],
  ['from no page', 403, { without: 'origin' }],
  ['with a forged cookie', 403, { headers: { cookie: 'hatchery-5080=forged' } }],
  ['as a form', 415, { headers: { 'content-type': 'text/plain' } }],
  [
    'with a body that is too large',
    413,
    { body: JSON.stringify({ ...good, padding: 'x'.repeat(bodyBytesMax) }) },
  ],
  ['with broken JSON', 400, { body: '{"signal":' }],
  ['with an array', 400, { body: '[]' }],
  ['without a reason', 400, { body: JSON.stringify({ ...good, reason: ' ' }) }],
  [
    'with a reason of a book',
    400,
    { body: JSON.stringify({ ...good, reason: 'x'.repeat(reasonCharactersMax + 1) }) },
  ],
  ['with another signal', 400, { body: JSON.stringify({ ...good, signal: 'STOP' }) }],
  [
    'with a signal off the prototype',
    400,
    { body: JSON.stringify({ ...good, signal: 'constructor' }) },
  ],
  [
    'without the process that was looked at',
    400,
    { body: JSON.stringify({ ...good, pid: undefined }) },
  ],
  ['with a pid that is no number', 400, { body: JSON.stringify({ ...good, pid: '1' }) }],
  [
    'for another process under the same id',
    412,
    { body: JSON.stringify({ ...good, startTime: 1 }) },
  ],
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

for (const [where, body, watched] of [
  [path, good, 'the child'],
  ['/api/locks/l1/break', { reason: 'x', nonce: 'n' }, 'the lock'],
  ['/api/drain', good, 'the header'],
] as const)
  test(`a forker that takes ${where} and says nothing leaves the outcome open, and says what to watch`, async () => {
    await using running = await stage();
    running.forker.mute = true;
    const { status, answer } = await running.post(where, { body: JSON.stringify(body) });
    assert.equal(status, 504);
    assert.equal(
      answer.error,
      `The forker did not answer, so the outcome is not known. Watch ${watched}.`,
    );
    assert.equal(running.forker.asked.length, 1);
  });

test('an id cannot lead to another path of the forker', async () => {
  await using running = await stage();
  assert.equal((await running.post('/api/children/..%2F..%2Fdrain%3F/signal')).status, 404);
  assert.equal((await running.post('/api/children/%E0%A4%A/signal')).status, 404);
  assert.ok(running.forker.asked.every((asked) => asked.path.endsWith('/signal')));
});

const broken = { reason: 'its client is gone', nonce: 'nonce-l1', force: false };

test('breaking a lock goes to the forker with the acquisition that was looked at', async () => {
  await using running = await stage();
  running.forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
  const { status, answer } = await running.post('/api/locks/l1/break', {
    body: JSON.stringify(broken),
  });
  assert.deepEqual([status, answer.actionId], [202, 'a2']);
  assert.deepEqual(running.forker.asked, [
    {
      path: '/v1/locks/l1/break',
      body: { actor: 'admin', reason: 'its client is gone', nonce: 'nonce-l1', force: false },
    },
  ]);
});

const breakRefusals: readonly (readonly [string, number, RegExp, object])[] = [
  ['that was taken anew', 412, /taken anew since/, { ...broken, nonce: 'another' }],
  [
    'that the forker would not break',
    409,
    /^The forker refused: nobody here knows whether its holder lives/,
    broken,
  ],
  ['without its nonce', 400, /'nonce' has to be/, { reason: 'x' }],
  ['with a nonce that is no text', 400, /'nonce' has to be/, { ...broken, nonce: 1 }],
  ['with a force that is no truth', 400, /'force' has to be/, { ...broken, force: 'yes' }],
  ['without a reason', 400, /'reason' has to be/, { ...broken, reason: '' }],
];

for (const [name, status, worded, body] of breakRefusals) {
  test(`breaking a lock ${name} is refused with ${status}`, async () => {
    await using running = await stage();
    running.forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'unknown' }) });
    const refused = await running.post('/api/locks/l1/break', { body: JSON.stringify(body) });
    assert.equal(refused.status, status);
    assert.match(refused.answer.error ?? '', worded);
  });
}

test('a lock that is gone, and a forker that is too old to break one, are different things', async () => {
  await using running = await stage();
  const gone = await running.post('/api/locks/l7/break', { body: JSON.stringify(broken) });
  assert.equal(gone.status, 404);
  assert.match(gone.answer.error ?? '', /no such lock/);
  await using older = await stage({ old: true });
  const unable = await older.post('/api/locks/l7/break', { body: JSON.stringify(broken) });
  assert.equal(unable.status, 501);
  assert.match(unable.answer.error ?? '', /older than this page.*restart it/);
});

const stale = aLock('l1', { condition: 'stale' });
const roles: readonly (readonly [string, Verb | Refusal, Role])[] = [
  ['TERM', signalChild('c1', good, 'bo'), 'operator'],
  ['KILL', signalChild('c1', { ...good, signal: 'KILL' }, 'bo'), 'admin'],
  ['breaking what is known dead', breakLock('l1', broken, stale, 'bo'), 'operator'],
  [
    'breaking what is known dead by force',
    breakLock('l1', { ...broken, force: true }, stale, 'bo'),
    'admin',
  ],
  ['breaking under a living holder', breakLock('l1', broken, aLock('l1'), 'bo'), 'admin'],
  ['breaking a lock nobody knows', breakLock('l1', broken, undefined, 'bo'), 'admin'],
  ['drain', drain('drain', good, 'bo'), 'admin'],
  ['undrain', drain('undrain', good, 'bo'), 'admin'],
];

for (const [name, verb, least] of roles) {
  test(`${name} needs the role ${least}`, () => {
    assert.ok('path' in verb);
    const ranked: readonly Role[] = ['viewer', 'operator', 'admin'];
    for (const role of ranked) {
      const refusal = roleRefusal({ name: 'bo', role }, verb, 'Ask.');
      assert.equal(refusal === null, ranked.indexOf(role) >= ranked.indexOf(least), role);
    }
  });
}

test('a viewer may do nothing at all, whatever the verb', async () => {
  await using running = await stage();
  for (const [where, body] of [
    [path, good],
    [path, { ...good, signal: 'KILL' }],
    ['/api/locks/l1/break', broken],
    ['/api/drain', good],
    ['/api/undrain', good],
  ] as const) {
    const refused = await running.post(where, { without: 'cookie', body: JSON.stringify(body) });
    assert.equal(refused.status, 403, where);
  }
  assert.deepEqual(running.forker.asked, []);
});
