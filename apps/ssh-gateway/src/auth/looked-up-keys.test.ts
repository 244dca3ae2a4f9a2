import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from './circuit-breaker.ts';
import {
  KeysUnavailableError,
  UnfitAccountError,
  type AccountText,
  type KeySourceNotice,
} from './key-source.ts';
import { LookedUpKeys } from './looked-up-keys.ts';

/** An account with these keys. */
const having = (keys: string, teams = ''): Promise<AccountText> => Promise.resolve({ keys, teams });

const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';

class Fixture {
  nowMs = 0;
  asked: string[] = [];
  readonly notices: KeySourceNotice[] = [];
  answer: (user: string) => Promise<AccountText> = () => having(line);
  readonly keys = new LookedUpKeys({
    name: 'http',
    fetchAccount: (user) => {
      this.asked.push(user);
      return this.answer(user);
    },
    breaker: new CircuitBreaker({ failuresMax: 2, openMs: 1000, now: () => this.nowMs }),
    freshMs: 100,
    staleMs: 10_000,
    usersMax: 2,
    lookupsMax: 2,
    teamsMax: 2,
    now: () => this.nowMs,
    notice: (notice) => this.notices.push(notice),
  });

  async count(user: string): Promise<number> {
    return (await this.keys.accountOf(user)).keys.length;
  }

  breakDown(): void {
    this.answer = () => Promise.reject(new Error('it answered 503'));
  }
}

test('a fresh answer is not asked for again', async () => {
  const fixture = new Fixture();
  assert.deepEqual([await fixture.count('alice'), await fixture.count('alice')], [1, 1]);
  assert.deepEqual(fixture.asked, ['alice']);
  fixture.nowMs = 100;
  await fixture.count('alice');
  assert.deepEqual(fixture.asked, ['alice', 'alice']);
});

test('a remembered answer can be asked for again, and during an outage that is refused like a stranger', async () => {
  const fixture = new Fixture();
  assert.equal((await fixture.keys.accountOf('alice')).anew, undefined);
  const remembered = await fixture.keys.accountOf('alice');
  fixture.answer = () => having('');
  assert.equal((await remembered.anew?.())?.keys.length, 0);
  fixture.answer = () => having(line);
  await fixture.count('alice');
  const fresh = await fixture.keys.accountOf('alice');
  fixture.breakDown();
  await assert.rejects(async () => fresh.anew?.(), KeysUnavailableError);
  fixture.nowMs = 5000;
  const stale = await fixture.keys.accountOf('alice');
  const asked = fixture.asked.length;
  await assert.rejects(async () => stale.anew?.(), KeysUnavailableError);
  assert.equal(fixture.asked.length, asked, 'it has just been asked');
});

test('two simultaneous questions about a user share a look-up', async () => {
  const fixture = new Fixture();
  assert.deepEqual(await Promise.all([fixture.count('alice'), fixture.count('alice')]), [1, 1]);
  assert.deepEqual(fixture.asked, ['alice']);
});

test('an unknown user is looked up each time, and evicts no other user', async () => {
  const fixture = new Fixture();
  await fixture.count('alice');
  fixture.answer = () => having('');
  for (const user of ['bob', 'bob', 'carol', 'dave']) assert.equal(await fixture.count(user), 0);
  await fixture.count('alice');
  assert.deepEqual(fixture.asked, ['alice', 'bob', 'bob', 'carol', 'dave']);
});

test('a user whose last key was removed is not admitted by an older answer', async () => {
  const fixture = new Fixture();
  await fixture.count('alice');
  fixture.nowMs = 100;
  fixture.answer = () => having('');
  assert.equal(await fixture.count('alice'), 0);
  fixture.breakDown();
  await assert.rejects(fixture.count('alice'), KeysUnavailableError);
});

test('during an outage known users can sign in for a while, others are told why not, and the log says why', async () => {
  const fixture = new Fixture();
  await fixture.count('alice');
  fixture.breakDown();
  fixture.nowMs = 5000;
  assert.equal(await fixture.count('alice'), 1);
  await assert.rejects(fixture.count('bob'), KeysUnavailableError);
  assert.deepEqual(fixture.notices, [
    { about: 'keys', source: 'http alice', line: null, reason: 'it answered 503' },
    { about: 'keys', source: 'http bob', line: null, reason: 'it answered 503' },
  ]);
  fixture.nowMs = 10_000;
  await assert.rejects(fixture.count('alice'), KeysUnavailableError);
});

test('after some failures no caller waits for another one, until it is time to try again', async () => {
  const fixture = new Fixture();
  fixture.breakDown();
  for (let time = 0; time < 5; time++)
    await assert.rejects(fixture.count('alice'), KeysUnavailableError);
  assert.equal(fixture.asked.length, 2);
  fixture.nowMs = 1000;
  fixture.answer = () => having(line);
  assert.equal(await fixture.count('alice'), 1);
});

test('the number of simultaneous look-ups is limited', async () => {
  const fixture = new Fixture();
  const { promise, resolve } = Promise.withResolvers<AccountText>();
  fixture.answer = () => promise;
  const running = [fixture.count('alice'), fixture.count('bob')];
  await assert.rejects(fixture.count('carol'), /2 look-ups are under way/);
  resolve({ keys: line, teams: '' });
  assert.deepEqual(await Promise.all(running), [1, 1]);
  assert.equal(await fixture.count('carol'), 1);
});

test('lines that cannot be used are skipped and named', async () => {
  const fixture = new Fixture();
  fixture.answer = () => having(`command="x" ${line}\n${line}`);
  assert.equal(await fixture.count('alice'), 1);
  assert.deepEqual(fixture.notices, [
    {
      about: 'keys',
      source: 'http alice',
      line: 1,
      reason:
        'the option command is not supported; take the line out, or the option where the key may do without it',
    },
  ]);
});

test('unusable data of one user affects no other user', async () => {
  const fixture = new Fixture();
  fixture.answer = (user) =>
    user === 'alice'
      ? Promise.reject(new UnfitAccountError('entry 1 is not one line'))
      : having(line);
  for (let time = 0; time < 5; time++) {
    const { keys, trouble } = await fixture.keys.accountOf('alice');
    assert.deepEqual([keys, trouble?.reason], [[], 'http alice: entry 1 is not one line']);
  }
  assert.equal(await fixture.count('bob'), 1, 'the circuit breaker has not opened');
});

test('a user who is forgotten is looked up again, and an earlier question does not bring the old answer back', async () => {
  const fixture = new Fixture();
  await fixture.count('alice');
  fixture.keys.forget('alice');
  const { promise, resolve } = Promise.withResolvers<AccountText>();
  fixture.answer = () => promise;
  const before = fixture.count('alice');
  fixture.keys.forget('alice');
  fixture.answer = () => having('');
  assert.equal(await fixture.count('alice'), 0, 'a question of its own');
  resolve({ keys: line, teams: '' });
  assert.equal(await before, 1);
  assert.equal(await fixture.count('alice'), 0);
});

test('an answer counts from when it was asked for: a key removed since may still be in it', async () => {
  const fixture = new Fixture();
  fixture.answer = () => {
    fixture.nowMs += 90;
    return having(line);
  };
  await fixture.count('alice');
  fixture.nowMs += 10;
  await fixture.count('alice');
  assert.deepEqual(fixture.asked, ['alice', 'alice']);
});
