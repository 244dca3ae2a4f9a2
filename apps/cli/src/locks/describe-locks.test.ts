import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lock, LockParty } from '@hatchery/events';
import { describeLocks } from './describe-locks.ts';

const now = new Date('2026-01-01T00:10:00.000Z');

function session(name: string): LockParty {
  const since = '2026-01-01T00:09:00.000Z';
  return { childId: name, pid: 7, user: name, host: 'h', command: 'lp-serve', since };
}

function lock(
  id: string,
  holder: LockParty | null,
  waiters: readonly LockParty[] = [],
  more: Partial<Lock> = {},
): Lock {
  const name = `~a/p/${id}`;
  const path = `/${name}`;
  return {
    id,
    kind: 'branch',
    path,
    name,
    holder,
    waiters,
    condition: 'held',
    nonce: 'n',
    reasons: [],
    ...more,
  };
}

it('without locks the output says so', () => {
  assert.equal(describeLocks([], now), 'no lock is held\n');
});

it('when branch locks are unknown, the output says that and not that none is held', () => {
  assert.equal(
    describeLocks([], now, false),
    'no lock of a script is held; those of branches are not known\n',
  );
  const text = describeLocks([lock('l1', session('ann'))], now, false);
  assert.match(text, /\n\nonly locks of scripts: those of branches are not known\n$/);
});

it('a date in the future is named as such', () => {
  const ahead = { ...session('ann'), since: '2026-01-01T00:15:00.000Z' };
  assert.match(
    describeLocks([lock('l1', ahead)], now),
    / in 5 min .*~a\/p\/l1 \(its date is in the future: a clock is wrong\)$/m,
  );
  const almost = { ...session('ann'), since: '2026-01-01T00:10:01.000Z' };
  assert.match(describeLocks([lock('l1', almost)], now), / 0 s .*~a\/p\/l1$/m);
});

it('a lock is a row, with its reasons unless it is simply held', () => {
  const reasons = ['process 7 is gone'];
  assert.equal(
    describeLocks(
      [lock('l1', session('ann')), lock('l2', null, [], { condition: 'stale', reasons })],
      now,
    ),
    'ID  KIND    CONDITION  AGE    WAIT  HOLDER                 NAME\n' +
      'l1  branch  held       1 min  0     ann pid 7 session ann  ~a/p/l1\n' +
      'l2  branch  stale      -      0     nobody knows who       ~a/p/l2 (process 7 is gone)\n' +
      '\nl2  its holder is dead: hatchery break-lock l2 --reason TEXT\n',
  );
});

it('a stopped holder is pointed out', () => {
  const reasons = ['the session that took it runs', 'its process is stopped'];
  assert.match(
    describeLocks([lock('l1', session('ann'), [], { reasons })], now),
    /~a\/p\/l1 \(its process is stopped\)$/m,
  );
});

it('waiters are a tree below the holder that blocks them, through several locks', () => {
  const [ann, bob, cat] = [session('ann'), session('bob'), session('cat')];
  const text = describeLocks([lock('l1', ann, [bob]), lock('l2', bob, [cat])], now);
  assert.deepEqual(text.split('\n').slice(4, -1), [
    'ann pid 7 session ann blocks 2',
    '  branch ~a/p/l1 (l1)',
    '    bob pid 7 session bob waits 1 min',
    '      branch ~a/p/l2 (l2)',
    '        cat pid 7 session cat waits 1 min',
    '',
    'l1  to end its holder and free it: hatchery break-lock l1 --reason TEXT',
  ]);
});

it('a deadlock is named as such, with every step of it', () => {
  const [ann, bob] = [session('ann'), session('bob')];
  const text = describeLocks([lock('l1', ann, [bob]), lock('l2', bob, [ann])], now);
  assert.match(text, /^DEADLOCK: none of these can continue until one is ended$/m);
  assert.match(text, /^ {2}bob .* waits for branch ~a\/p\/l1 \(l1\), held by ann /m);
  assert.match(text, /^ {2}ann .* waits for branch ~a\/p\/l2 \(l2\), held by bob /m);
});

it('a holder without a session’s user is named by its command', () => {
  const nobody: LockParty = { ...session('s1'), user: null, command: 'tag -q v1' };
  assert.match(describeLocks([lock('l1', nobody)], now), /pid 7 session s1 tag -q v1 {2}~a/);
  const foreign: LockParty = { ...session('ann'), childId: null, command: 'brz commit', host: 'h' };
  assert.match(describeLocks([lock('l1', foreign)], now), /ann pid 7 brz commit {2}~a/);
  const unseen: LockParty = {
    childId: null,
    pid: null,
    user: null,
    host: null,
    command: null,
    since: null,
  };
  assert.match(describeLocks([lock('l1', unseen)], now), / somebody {2}~a/);
});

it('remedies come last, for each lock that blocks somebody or was left behind', () => {
  const left = [
    lock('l1', session('ann'), [], { condition: 'orphaned' }),
    lock('l2', { ...session('bob'), host: 'elsewhere' }, [], { condition: 'unknown' }),
    lock('l3', session('cat')),
  ];
  assert.deepEqual(describeLocks(left, now).split('\n').slice(5, -1), [
    'l1  frees itself after its grace, unless its client comes back: nothing to do',
    'l2  look for its holder on elsewhere; when that is dead: hatchery break-lock l2 --force --reason TEXT',
  ]);
});

it('of many remedies the first ones are shown', () => {
  const many = Array.from({ length: 20 }, (_, number) =>
    lock(`l${number}`, null, [], { condition: 'stale' }),
  );
  assert.match(describeLocks(many, now), /\nl7 {2}its holder.*\nand 12 more\n$/);
});

it('for a deadlock one party that can be ended is named', () => {
  const [ann, bob] = [session('ann'), session('bob')];
  const text = describeLocks([lock('l1', ann, [bob]), lock('l2', bob, [ann])], now);
  assert.equal(text.match(/^l[12] {2}to end its holder/gm)?.length, 1);
});

it('nothing that a client wrote reaches the terminal as a control sequence', () => {
  const evil = session('\x1b]0;owned\x07');
  const text = describeLocks([lock('l1\x1b[2J', evil, [evil, session('bob')])], now);
  assert.doesNotMatch(text, /[\x1b\x07]/);
  assert.match(text, /DEADLOCK/);
});
