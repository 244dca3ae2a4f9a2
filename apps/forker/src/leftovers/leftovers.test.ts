import assert from 'node:assert/strict';
import { existsSync, mkdirSync, openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Logger } from '@hatchery/daemon';
import { temporaryDirectory } from '@hatchery/testkit';
import { leftoverMsMin } from '../limits.ts';
import { findLeftovers, type InUse } from './find-leftovers.ts';
import { Leftovers } from './leftovers.ts';
import { openFiles } from './open-files.ts';

const later = Date.now() + leftoverMsMin + 60_000;
const nobody: InUse = {
  isOpen: () => false,
  hasSession: () => false,
  nowMs: later,
  ageMsMin: leftoverMsMin,
};

/** A root with one branch that contains every kind of leftover. */
function rootWithLeftovers(root: string): string {
  const branch = join(root, '~anna/project/trunk');
  for (const name of [
    'repository/upload',
    'repository/packs',
    'branch/lock/held',
    'branch/lock/abc.tmp',
  ])
    mkdirSync(join(branch, '.bzr', name), { recursive: true });
  mkdirSync(join(branch, '.bzr.0123456789abcdefghij.tmp'));
  writeFileSync(join(branch, '.bzr/repository/upload/one.pack'), 'x'.repeat(1000));
  writeFileSync(join(branch, '.bzr/repository/packs/kept.pack'), 'x');
  return branch;
}

describe('leftovers', () => {
  it('are packs of killed pushes, locks that were being taken and places that were begun; nothing else is', () => {
    using directory = temporaryDirectory();
    const branch = rootWithLeftovers(directory.path);
    const found = findLeftovers(branch, directory.path, nobody);
    assert.deepEqual(
      found.map(({ path, kind, keptFor }) => [path.slice(branch.length + 1), kind, keptFor]),
      [
        ['.bzr/repository/upload/one.pack', 'upload', null],
        ['.bzr/branch/lock/abc.tmp', 'lock', null],
        ['.bzr.0123456789abcdefghij.tmp', 'place', null],
      ],
    );
    assert.deepEqual(
      [found[0]?.owner, found[0]?.branch, found[0]?.bytes],
      ['~anna', '~anna/project/trunk', 1000],
    );
  });

  it('are kept while they are young, while a session may use them, or while a process has them open', () => {
    using directory = temporaryDirectory();
    const branch = rootWithLeftovers(directory.path);
    const reason = (inUse: Partial<InUse>): unknown =>
      findLeftovers(branch, directory.path, { ...nobody, ...inUse })[0]?.keptFor;
    assert.match(String(reason({ nowMs: Date.now() })), /within the last 60 minutes/);
    assert.match(String(reason({ hasSession: (place) => place === branch })), /a running session/);
    const pack = join(branch, '.bzr/repository/upload/one.pack');
    const file = openSync(pack, 'r');
    const isOpen = (path: string): boolean => openFiles().has(path);
    assert.match(String(reason({ isOpen })), /a process has it open/);
    closeSync(file);
    assert.equal(reason({ isOpen }), null);
    assert.ok(existsSync(pack));
  });

  it('are removed when no rule protects them, and logged; the history of a branch stays', async () => {
    using directory = temporaryDirectory();
    const branch = rootWithLeftovers(directory.path);
    const lines: unknown[] = [];
    const log = { info: (fields: object) => void lines.push(fields) } as unknown as Logger;
    let nowMs = Date.now();
    const context = { root: directory.path, hasSession: () => false, log, now: () => nowMs };
    using leftovers = new Leftovers(context);
    assert.deepEqual([await leftovers.collect(), leftovers.known?.count], [[], 3]);
    assert.deepEqual(
      leftovers.known?.owners.map(({ owner }) => owner),
      ['~anna'],
    );
    nowMs = later;
    assert.equal((await leftovers.collect()).length, 3);
    const none = {
      count: 0,
      bytes: 0,
      oldestAt: null,
      owners: [],
      lookedAt: new Date(later).toISOString(),
    };
    assert.deepEqual([leftovers.known, leftovers.collectedTotal, lines.length], [none, 3, 3]);
    assert.ok(!existsSync(join(branch, '.bzr/repository/upload/one.pack')));
    assert.ok(existsSync(join(branch, '.bzr/repository/packs/kept.pack')));
    assert.ok(existsSync(join(branch, '.bzr/branch/lock/held')));
  });

  it('are none where there is no branch, or nothing readable', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'file'), '');
    for (const name of ['', 'file', 'nowhere'])
      assert.deepEqual(findLeftovers(join(directory.path, name), directory.path, nobody), []);
  });
});
