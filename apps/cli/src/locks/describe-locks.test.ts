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
  return { id, kind: 'branch', path: `/${name}`, name, holder, waiters, condition: 'held', nonce: 'n', ...more };
}

it('no lock is said in words', () => {
  assert.equal(describeLocks([], now), 'no lock is held\n');
});

it('a lock is a row, with its reasons when it is not simply held', () => {
  const reasons = ['process 7 is gone'];
  assert.equal(
    describeLocks([lock('l1', session('ann')), lock('l2', null, [], { condition: 'stale', reasons })], now),
    'ID  KIND    CONDITION  AGE   WAIT  HOLDER                 NAME\n' +
      'l1  branch  held       60 s  0     ann pid 7 session ann  ~a/p/l1\n' +
      'l2  branch  stale      -     0     nobody knows who       ~a/p/l2 (process 7 is gone)\n',
  );
});

it('a holder that is stopped is remarked', () => {
  const reasons = ['the session that took it runs', 'its process is stopped'];
  assert.match(
    describeLocks([lock('l1', session('ann'), [], { reasons })], now),
    /~a\/p\/l1 \(its process is stopped\)$/m,
  );
});

it('who waits is a tree below the one who blocks, through several locks', () => {
  const [ann, bob, cat] = [session('ann'), session('bob'), session('cat')];
  const text = describeLocks([lock('l1', ann, [bob]), lock('l2', bob, [cat])], now);
  assert.deepEqual(text.split('\n').slice(4, -1), [
    'ann pid 7 session ann blocks 2',
    '  branch ~a/p/l1 (l1)',
    '    bob pid 7 session bob waits 60 s',
    '      branch ~a/p/l2 (l2)',
    '        cat pid 7 session cat waits 60 s',
  ]);
});

it('a deadlock is called one, with every step of it', () => {
  const [ann, bob] = [session('ann'), session('bob')];
  const text = describeLocks([lock('l1', ann, [bob]), lock('l2', bob, [ann])], now);
  assert.match(text, /^DEADLOCK: nobody of these can go on until one is ended$/m);
  assert.match(text, /^ {2}bob .* waits for branch ~a\/p\/l1 \(l1\), held by ann /m);
  assert.match(text, /^ {2}ann .* waits for branch ~a\/p\/l2 \(l2\), held by bob /m);
});
