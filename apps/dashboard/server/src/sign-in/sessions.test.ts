import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { sessionsMax } from '../limits.ts';
import { cookieJar, readCookie } from './cookie.ts';
import type { Person } from './person.ts';
import { sameSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { siteOf } from './site.ts';

const anna: Person = { name: 'anna', role: 'operator' };
const msMax = 60_000;

test('each sign-in has a key of its own', () => {
  const sessions = new Sessions<null>(msMax, () => 0);
  const [one, two] = [sessions.open(anna, null), sessions.open(anna, null)];
  assert.notEqual(one, two);
  assert.deepEqual(sessions.find(one)?.person, anna);
});

for (const token of ['', 'secre', 'secret ', 'SECRET', 'ſecret'])
  test(`'${token}' is not the secret`, () => assert.equal(sameSecret(token, 'secret'), false));

test('a key that was never given out is nobody', () => {
  const sessions = new Sessions<null>(msMax, () => 0);
  assert.equal(sessions.find('secret'), null);
  assert.equal(sessions.find(null), null);
});

test('a session ends with its time', () => {
  let now = 0;
  const sessions = new Sessions<null>(msMax, () => now);
  const key = sessions.open(anna, null);
  now = msMax - 1;
  assert.notEqual(sessions.find(key), null);
  assert.equal(sessions.all.length, 1);
  now = msMax;
  assert.equal(sessions.all.length, 0, 'nobody is asked about it any more');
  assert.equal(sessions.find(key), null);
});

test('the oldest session gives way when there are too many', () => {
  const sessions = new Sessions<null>(msMax, () => 0);
  const first = sessions.open(anna, null);
  for (let number = 0; number < sessionsMax; number += 1) sessions.open(anna, null);
  assert.equal(sessions.find(first), null);
});

test('who becomes somebody else, or nobody, is told once; who stays the same is no news', () => {
  const sessions = new Sessions<null>(msMax, () => 0);
  let told = 0;
  sessions.whenChanged(() => (told += 1));
  const key = sessions.open(anna, null);
  const session = sessions.find(key)!;
  sessions.change(session, { ...anna });
  assert.equal(told, 0);
  sessions.change(session, { ...anna, role: 'viewer' });
  assert.deepEqual([told, sessions.find(key)?.person.role], [1, 'viewer']);
  sessions.change(session, null);
  assert.deepEqual([told, sessions.find(key)], [2, null]);
});

const near = siteOf({ host: '127.0.0.1', port: 5080 }, []);
const far = siteOf({ host: '127.0.0.1', port: 5080 }, ['https://h.example']);
const asked = (host: string, cookie?: string): IncomingMessage =>
  ({ headers: { host, ...(cookie === undefined ? {} : { cookie }) } }) as IncomingMessage;

test('the cookie is out of the reach of scripts and other sites', () => {
  const cookie = cookieJar(near, 'hatchery-5080', 'Strict').write(asked('127.0.0.1:5080'), 'k', 43_200_000);
  assert.equal(cookie, 'hatchery-5080=k; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200');
});

test('over TLS the cookie is secure and of this host alone, and one that is not is not taken for it', () => {
  const jar = cookieJar(far, 'hatchery-5080', 'Lax');
  const cookie = jar.write(asked('h.example'), 'k', 1_000);
  assert.equal(cookie, '__Host-hatchery-5080=k; Path=/; HttpOnly; SameSite=Lax; Max-Age=1; Secure');
  assert.equal(jar.read(asked('h.example', '__Host-hatchery-5080=k')), 'k');
  assert.equal(jar.read(asked('h.example', 'hatchery-5080=k')), null);
});

test('a cookie is found by its whole name', () => {
  assert.equal(readCookie('a=1; hatchery-5080=k; b=2', 'hatchery-5080'), 'k');
  for (const header of [undefined, '', 'hatchery-5080', 'hatchery-5080=', 'xhatchery-5080=k', 'hatchery-50801=k']) {
    assert.equal(readCookie(header, 'hatchery-5080'), null, header);
  }
});
