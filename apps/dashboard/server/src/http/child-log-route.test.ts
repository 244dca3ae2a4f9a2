import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { origin, startBehindProxy } from '../../test-support/behind-proxy.ts';
import { aChild } from '../../test-support/fake-forker.ts';

const { proxy } = loadConfig({ directory: '/nowhere' }).dashboard;
const roles = { admins: ['chidi'], operators: ['bo'], viewers: [] };

async function stage() {
  const here = await startBehindProxy({
    auth: 'proxy',
    roles,
    proxy: { ...proxy, from: ['127.0.0.1'] },
  });
  const ask = (user: string, path: string) =>
    here.visitor().visit(`${origin}${path}`, { headers: { 'x-forwarded-user': user } });
  return { ...here, ask, [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() };
}

const logged = { lines: [{ at: '2026-01-01T00:00:00.000Z', text: 'Traceback' }], cut: true };

test('a child’s log is shown to operators and admins, and to no viewer', async () => {
  await using here = await stage();
  here.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  here.forker.logs.set('c1', logged);
  for (const user of ['bo', 'chidi']) {
    const { status, text } = await here.ask(user, '/api/children/c1/log');
    assert.deepEqual([status, JSON.parse(text)], [200, logged]);
  }
  const refused = await here.ask('anna', '/api/children/c1/log');
  assert.equal(refused.status, 403);
  assert.match(refused.text, /needs the role operator; you are viewer/);
  assert.doesNotMatch(refused.text, /Traceback/);
});

test('a child that the forker does not know, a forker that cannot tell, and one that is away are three things', async () => {
  await using here = await stage();
  const unknown = await here.ask('bo', '/api/children/c9/log');
  assert.deepEqual([unknown.status, /knows no such child/.test(unknown.text)], [404, true]);
  here.forker.tellsLogs = false;
  const old = await here.ask('bo', '/api/children/c9/log');
  assert.deepEqual([old.status, /older than this page/.test(old.text)], [501, true]);
  await here.forker[Symbol.asyncDispose]();
  const away = await here.ask('bo', '/api/children/c9/log');
  assert.deepEqual([away.status, /gives no answer/.test(away.text)], [503, true]);
});

test('an address that no text can be made of is no child', async () => {
  await using here = await stage();
  assert.equal((await here.ask('bo', '/api/children/%zz/log')).status, 404);
});
