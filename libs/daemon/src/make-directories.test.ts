import assert from 'node:assert/strict';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { makeDirectories } from './make-directories.ts';
import { modes } from './modes.ts';

it('makes what is missing with the mode, and leaves alone what is there', () => {
  using directory = temporaryDirectory();
  makeDirectories(join(directory.path, 'a/b/c'), 0o700);
  for (const [name, mode] of [
    ['a', modes.passage],
    ['a/b', modes.passage],
    ['a/b/c', 0o700],
  ] as const)
    assert.equal(statSync(join(directory.path, name)).mode & 0o777, mode);
  makeDirectories(join(directory.path, 'a/b/c'), 0o755);
  assert.equal(statSync(join(directory.path, 'a/b/c')).mode & 0o777, 0o700);
});

it('ends with an error where nothing can be made', () => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'file'), '');
  symlinkSync(join(directory.path, 'nowhere'), join(directory.path, 'link'));
  assert.throws(() => makeDirectories('/proc/none/below', 0o700), { code: 'ENOENT' });
  assert.throws(() => makeDirectories(join(directory.path, 'file'), 0o700), { code: 'EEXIST' });
  assert.throws(() => makeDirectories(join(directory.path, 'file/below'), 0o700), { code: 'ENOTDIR' });
  assert.throws(() => makeDirectories(join(directory.path, 'link'), 0o700), { code: 'EEXIST' });
});
