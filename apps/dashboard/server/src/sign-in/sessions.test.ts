import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { sessionsMax } from '../limits.ts';
import { cookieJar, readCookie } from './cookie.ts';
import type { Person } from './person.ts';
import { digest, sameSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { SignInStore } from './sign-in-store.ts';
import { siteOf } from './site.ts';

const anna: Person = { name: 'anna', role: 'operator' };
const msMax = 60_000;

/** Sessions whose store fails makes a test fail. */
function sessionsOf(
  now: () => number = () => 0,
  store = SignInStore.inMemory(0),
  terms = 't',
): Sessions<string> {
  const trouble = (error: Error): never => {
    throw error;
  };
  return new Sessions({ msMax, now, store, terms, trouble });
}

test('each sign-in has a key of its own', () => {
  const sessions = sessionsOf();
  const [one, two] = [sessions.open(anna, 'proof'), sessions.open(anna, 'proof')];
  assert.notEqual(one, two);
  assert.deepEqual(sessions.find(one)?.person, anna);
});

for (const token of ['', 'secre', 'secret ', 'SECRET', 'ſecret'])
  test(`'${token}' is not the secret`, () => assert.equal(sameSecret(token, 'secret'), false));

test('a key that was never issued identifies nobody', () => {
  const sessions = sessionsOf();
  assert.equal(sessions.find('secret'), null);
  assert.equal(sessions.find(null), null);
});

test('a session ends with its time', () => {
  let now = 0;
  const sessions = sessionsOf(() => now);
  const key = sessions.open(anna, 'proof');
  now = msMax - 1;
  assert.notEqual(sessions.find(key), null);
  assert.equal(sessions.all.length, 1);
  now = msMax;
  assert.equal(sessions.all.length, 0, 'nobody is asked about it any more');
  assert.equal(sessions.find(key), null);
});

test('the oldest session is dropped when there are too many', () => {
  const sessions = sessionsOf();
  const first = sessions.open(anna, 'proof');
  for (let number = 0; number < sessionsMax; number += 1) sessions.open(anna, 'proof');
  assert.equal(sessions.find(first), null);
});

test('a changed or ended identity is reported once; an unchanged one is not', () => {
  const sessions = sessionsOf();
  let told = 0;
  sessions.whenChanged(() => (told += 1));
  const key = sessions.open(anna, 'proof');
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

test('scripts and other sites cannot read the cookie', () => {
  const cookie = cookieJar(near, 'hatchery-5080', 'Strict').write(
    asked('127.0.0.1:5080'),
    'k',
    43_200_000,
  );
  assert.equal(cookie, 'hatchery-5080=k; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200');
});

test('over TLS the cookie is secure and only for this host, and one that is not is not accepted', () => {
  const jar = cookieJar(far, 'hatchery-5080', 'Lax');
  const cookie = jar.write(asked('h.example'), 'k', 1_000);
  assert.equal(cookie, '__Host-hatchery-5080=k; Path=/; HttpOnly; SameSite=Lax; Max-Age=1; Secure');
  assert.equal(jar.read(asked('h.example', '__Host-hatchery-5080=k')), 'k');
  assert.equal(jar.read(asked('h.example', 'hatchery-5080=k')), null);
});

test('a cookie is found by its whole name', () => {
  assert.equal(readCookie('a=1; hatchery-5080=k; b=2', 'hatchery-5080'), 'k');
  for (const header of [
    undefined,
    '',
    'hatchery-5080',
    'hatchery-5080=',
    'xhatchery-5080=k',
    'hatchery-50801=k',
  ]) {
    assert.equal(readCookie(header, 'hatchery-5080'), null, header);
  }
});

test('a session outlives the process with its proof, which the file holds only sealed', () => {
  const store = SignInStore.inMemory(0);
  const key = sessionsOf(() => 0, store).open(anna, 'a refresh token');
  const kept = store.find(digest(key).toString('hex'));
  assert.ok(kept?.proof !== null && !JSON.stringify(kept).includes('refresh'));
  const after = sessionsOf(() => msMax - 1, store);
  assert.equal(after.all.length, 0, 'without its key nobody can be asked about it');
  assert.deepEqual([after.find(key)?.person, after.find(key)?.proof], [anna, 'a refresh token']);
  assert.equal(after.all.length, 1);
  assert.equal(sessionsOf(() => msMax, store).find(key), null);
});

test('a change or end in one process takes effect at once in the other with the same store', () => {
  const store = SignInStore.inMemory(0);
  const [one, other] = [sessionsOf(() => 0, store), sessionsOf(() => 0, store)];
  const key = one.open(anna, 'first');
  const session = one.find(key)!;
  assert.equal(other.find(key)?.proof, 'first');
  one.renew(session, 'second');
  one.change(session, { ...anna, role: 'viewer' });
  assert.deepEqual([other.find(key)?.proof, other.find(key)?.person.role], ['second', 'viewer']);
  one.change(session, null);
  assert.equal(other.find(key), null);
  assert.equal(other.all.length, 0);
});

test('a session under other terms, such as other roles in the configuration, does not count', () => {
  const store = SignInStore.inMemory(0);
  const key = sessionsOf(() => 0, store, 'old').open(anna, 'proof');
  assert.equal(sessionsOf(() => 0, store, 'new').find(key), null);
});

test('setting the clock back gives no session more time than a new one has', () => {
  const store = SignInStore.inMemory(0);
  const key = sessionsOf(() => 3_600_000, store).open(anna, 'proof');
  assert.equal(sessionsOf(() => 0, store).find(key), null);
  assert.notEqual(
    sessionsOf(() => 3_600_000 - 30_000, store).find(key),
    null,
    'a small step is none',
  );
});

test('a failing store is reported; people can still sign in, and signed-out users stay signed out', () => {
  const store = SignInStore.inMemory(0);
  const troubles: string[] = [];
  const trouble = ({ message }: Error): void => void troubles.push(message);
  const sessions = new Sessions({ msMax, now: () => 0, store, terms: 't', trouble });
  const before = sessions.open(anna, 'proof');
  store[Symbol.dispose]();
  assert.equal(sessions.find(before)?.person, anna, 'who was known is known');
  const key = sessions.open(anna, 'proof');
  assert.equal(sessions.find(key)?.person, anna);
  for (const each of [before, key]) {
    const session = sessions.find(each)!;
    sessions.change(session, null);
    assert.equal(sessions.find(each), null);
  }
  assert.ok(troubles.length > 0);
});
