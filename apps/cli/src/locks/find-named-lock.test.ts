import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { findNamedLock, isWholeId, NoSuchLockError } from './find-named-lock.ts';

function lock(id: string, name: string, kind: Lock['kind'] = 'branch'): Lock {
  const path = `/srv/${name}/.bzr/${kind}/lock`;
  return {
    id,
    kind,
    path,
    name,
    holder: null,
    waiters: [],
    condition: 'stale',
    nonce: null,
    reasons: [],
  };
}

const left = lock('9bb328a33621', '~demo/project/left');
const right = lock('9bb400000000', '~demo/project/right');
const both = [left, right, lock('aaaa00000000', '~demo/project/right', 'repository')];

it('a lock is found by its id, the beginning of its id, its name, or its path', () => {
  for (const text of [
    left.id,
    '9bb3',
    '~demo/project/left',
    '~demo/project/left/',
    '/srv/~demo/project/left',
    left.path,
  ]) {
    assert.equal(findNamedLock(both, text), left, text);
  }
});

it('a text that names no lock, or is too short for the beginning of an id, finds none', () => {
  for (const text of ['9b', 'nope', '', '~demo/project', '/srv/~demo', '9bb328a336210']) {
    assert.equal(findNamedLock(both, text), null, text);
  }
});

it('an ambiguous text is refused with a list of the locks', () => {
  const kinds =
    /^~demo\/project\/right is 2 locks: 9bb400000000 \(branch .*\), aaaa00000000 \(repository .*\); say which/;
  assert.throws(() => findNamedLock(both, '~demo/project/right'), { message: kinds });
  assert.throws(() => findNamedLock(both, '9bb'), { message: /^9bb is 2 locks/ });
});

it('an unknown name is echoed as typed, on one line, and cut', () => {
  assert.equal(
    new NoSuchLockError('~demo/a').message,
    'there is no lock ~demo/a; hatchery locks lists those that are held',
  );
  assert.match(
    new NoSuchLockError(`a\nb${'x'.repeat(300)}`).message,
    /^there is no lock a\\x0abx{77}…;/,
  );
  assert.deepEqual(
    [isWholeId('9bb328a33621'), isWholeId('9bb3'), isWholeId('~demo/a')],
    [true, false, false],
  );
});
