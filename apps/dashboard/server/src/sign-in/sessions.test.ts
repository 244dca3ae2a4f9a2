import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionMsMax, sessionsMax } from '../limits.ts';
import { readCookie, sessionCookie } from './cookie.ts';
import { Sessions } from './sessions.ts';

test('the token signs in as admin, each time under another key', () => {
  const sessions = new Sessions('secret', () => 0);
  const [one, two] = [sessions.signIn('secret'), sessions.signIn('secret')];
  assert.ok(one !== null && two !== null);
  assert.notEqual(one, two);
  assert.deepEqual(sessions.find(one), { name: 'admin', role: 'admin' });
});

for (const token of ['', 'secre', 'secret ', 'SECRET', 'ſecret']) {
  test(`'${token}' is not the token`, () => assert.equal(new Sessions('secret', () => 0).signIn(token), null));
}

test('a key that was never given out is nobody', () => {
  assert.equal(new Sessions('secret', () => 0).find('secret'), null);
});

test('a session ends with its time', () => {
  let now = 0;
  const sessions = new Sessions('secret', () => now);
  const key = sessions.signIn('secret') ?? '';
  now = sessionMsMax - 1;
  assert.notEqual(sessions.find(key), null);
  now = sessionMsMax;
  assert.equal(sessions.find(key), null);
});

test('the oldest session gives way when there are too many', () => {
  const sessions = new Sessions('secret', () => 0);
  const first = sessions.signIn('secret') ?? '';
  for (let number = 0; number < sessionsMax; number += 1) sessions.signIn('secret');
  assert.equal(sessions.find(first), null);
});

test('the cookie is out of the reach of scripts and other sites', () => {
  assert.equal(
    sessionCookie('hatchery-5080', 'k'),
    'hatchery-5080=k; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200',
  );
});

test('a cookie is found by its whole name', () => {
  assert.equal(readCookie('a=1; hatchery-5080=k; b=2', 'hatchery-5080'), 'k');
  for (const header of [undefined, '', 'hatchery-5080', 'hatchery-5080=', 'xhatchery-5080=k', 'hatchery-50801=k']) {
    assert.equal(readCookie(header, 'hatchery-5080'), null, header);
  }
});
