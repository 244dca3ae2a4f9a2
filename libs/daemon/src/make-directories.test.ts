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

it('ends with an error that says what to do where nothing can be made', () => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'file'), '');
  symlinkSync(join(directory.path, 'nowhere'), join(directory.path, 'link'));
  const { path } = directory;
  for (const [place, code, why] of [
    ['/proc/none/below', 'ENOENT', 'nothing can be made there (ENOENT); mount its disk'],
    [join(path, 'file'), 'EEXIST', 'a file is in its place; move it away'],
    [
      join(path, 'file/below/deep'),
      'ENOTDIR',
      `the file ${path}/file is in its way; move that away`,
    ],
    [
      join(path, 'link'),
      'EEXIST',
      'a symbolic link that leads to no directory is in its place; move it away',
    ],
  ] as const)
    assert.throws(() => makeDirectories(place, 0o700), {
      code,
      message: `cannot make ${place}: ${why}, or configure another`,
    });
});
