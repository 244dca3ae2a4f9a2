import assert from 'node:assert/strict';
import { it } from 'node:test';
import { placeOfLock, placesOf } from './lock-place.ts';

it('a lock has the name of what it locks, below the hosting root without it', () => {
  const path = '/srv/h/~a/p/t/.bzr/branch/lock';
  assert.deepEqual(placeOfLock(path, '/srv/h'), { path, kind: 'branch', name: '~a/p/t' });
  assert.equal(placeOfLock('/srv/h/~a/p/.bzr/repository/lock', '/srv/h')?.kind, 'repository');
  assert.equal(placeOfLock('/srv/h/~a/p/t/.bzr/checkout/lock', '/srv/h')?.kind, 'working-tree');
  assert.equal(placeOfLock('/srv/hidden/t/.bzr/branch/lock', '/srv/h')?.name, '/srv/hidden/t');
});

it('other locks of Breezy have no place', () => {
  for (const path of [
    '/home/a/.config/breezy/lock',
    '/srv/h/t/.bzr/branch-lock',
    '/srv/h/t/.bzr/branch/lock/held',
    '',
  ]) {
    assert.equal(placeOfLock(path, '/srv/h'), null, path);
  }
});

it('a directory has one place for each kind', () => {
  assert.deepEqual(
    placesOf('/srv/h/t', '/srv/h').map(({ kind, name }) => [kind, name]),
    [
      ['branch', 't'],
      ['repository', 't'],
      ['working-tree', 't'],
    ],
  );
});
