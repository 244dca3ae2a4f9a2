import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { LockDirectory } from './lock-dir.test-support.ts';
import { walkBranches } from './sweep.ts';

async function walk(
  root: string,
): Promise<{ found: string[]; unreadable: string[]; paces: number[] }> {
  const [found, unreadable, paces]: [string[], string[], number[]] = [[], [], []];
  await walkBranches(
    root,
    (directory) => found.push(directory.slice(root.length)),
    async (directories) => void paces.push(directories),
    (directory) => unreadable.push(directory.slice(root.length)),
  );
  return { found: found.sort(), unreadable, paces };
}

it('every branch is found, and nothing is read inside of .bzr or behind a symlink', async () => {
  using directory = temporaryDirectory();
  using elsewhere = temporaryDirectory();
  for (const branch of ['~a/p/t', '~a/p/t/nested', '~b'])
    new LockDirectory(join(directory.path, branch));
  new LockDirectory(join(directory.path, '~a/p/t/.bzr/not-a-branch'));
  new LockDirectory(join(elsewhere.path, 'b'));
  symlinkSync(elsewhere.path, join(directory.path, 'link'));
  const { found, paces } = await walk(directory.path);
  assert.deepEqual(found, ['/~a/p/t', '/~a/p/t/nested', '/~b']);
  assert.deepEqual(paces, [1, 2, 3, 4, 5, 6]);
});

it('a root that is missing is empty', async () => {
  assert.deepEqual((await walk('/nonexistent')).found, []);
});

it('a file in place of a directory is reported, and the others are read', async () => {
  using directory = temporaryDirectory();
  mkdirSync(join(directory.path, 'd'));
  const { unreadable } = await walk('/proc/self/cmdline');
  assert.deepEqual(unreadable, ['']);
});

it('a pace that throws ends the walk', async () => {
  using directory = temporaryDirectory();
  const ended = walkBranches(
    directory.path,
    () => undefined,
    () => Promise.reject(new Error('stopped')),
    () => undefined,
  );
  await assert.rejects(ended, /stopped/);
});
