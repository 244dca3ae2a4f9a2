import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { newChildName } from './child-name.ts';
import { collectStaleDirectories, removePipeDirectory } from './pipe-directories.ts';

function makeDirectory(parent: string, id: string): string {
  const directory = join(parent, `lp-forking-service-child-${id}`);
  mkdirSync(directory);
  execFileSync(
    'mkfifo',
    ['stdin', 'stdout', 'stderr'].map((name) => join(directory, name)),
  );
  return directory;
}

const nothing = { collected: [], stuck: [] };

describe('removePipeDirectory', () => {
  it('removes the directory with its FIFOs, and says when it was gone', () => {
    using parent = temporaryDirectory();
    const directory = makeDirectory(parent.path, 'x');
    assert.equal(removePipeDirectory(directory), true);
    assert.equal(removePipeDirectory(directory), false);
    assert.ok(!existsSync(directory));
  });
});

describe('collectStaleDirectories', () => {
  it('removes what has expired, once', () => {
    using parent = temporaryDirectory();
    const stale = makeDirectory(parent.path, newChildName(parent.path, new Date(0), 120));
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), {
      collected: [stale],
      stuck: [],
    });
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), nothing);
  });

  it('spares what may still be waited for, what has another owner, and what no service has named', () => {
    using parent = temporaryDirectory();
    const old = new Date(0);
    const own = newChildName(parent.path, old, 120);
    const kept = [
      makeDirectory(parent.path, newChildName(parent.path, new Date(), 120)),
      makeDirectory(parent.path, newChildName('/run/other', old, 120)),
      ...['by-hand', `${own}x`, own.slice(0, -1), own.toUpperCase(), `-${own}`].map((id) =>
        makeDirectory(parent.path, id),
      ),
      join(parent.path, own),
      join(parent.path, 'control.sock'),
      // Our name, but no directory of pipes: whoever made that meant something else.
      join(parent.path, `lp-forking-service-child-${newChildName(parent.path, old, 120)}`),
    ];
    for (const path of kept.slice(-3)) writeFileSync(path, '');
    const elsewhere = join(parent.path, 'elsewhere');
    mkdirSync(elsewhere);
    const link = join(
      parent.path,
      `lp-forking-service-child-${newChildName(parent.path, old, 120)}`,
    );
    symlinkSync(elsewhere, link);
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), nothing);
    assert.ok([...kept, elsewhere, link].every(existsSync));
  });

  it('spares what has expired by its name while its child lives: a clock was set', () => {
    using parent = temporaryDirectory();
    const id = newChildName(parent.path, new Date(0), 120);
    const directory = makeDirectory(parent.path, id);
    assert.deepEqual(
      collectStaleDirectories(parent.path, new Date(), (one) => one === id),
      nothing,
    );
    assert.ok(existsSync(directory));
  });

  it("of two services in one directory tree never touches what is the other one's", () => {
    using parent = temporaryDirectory();
    const [ours, theirs] = ['a', 'b'].map((name) => join(parent.path, name)) as [string, string];
    for (const directory of [ours, theirs]) mkdirSync(directory);
    // As when a runtime directory was moved, or copied.
    const moved = makeDirectory(ours, newChildName(theirs, new Date(0), 120));
    assert.deepEqual(collectStaleDirectories(ours, new Date()), nothing);
    assert.ok(existsSync(moved));
  });

  it('goes on when one cannot be removed, and says which', (t) => {
    using parent = temporaryDirectory();
    const [stuck, stale] = [1, 2].map(() =>
      makeDirectory(parent.path, newChildName(parent.path, new Date(0), 120)),
    );
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', stuck ?? '']);
    if (mounted.status !== 0) return t.skip(`no mount point: ${mounted.stderr.toString().trim()}`);
    try {
      const collection = collectStaleDirectories(parent.path, new Date());
      assert.deepEqual(collection.collected, [stale]);
      assert.deepEqual(
        collection.stuck.map(({ directory }) => directory),
        [stuck],
      );
    } finally {
      spawnSync('umount', [stuck ?? '']);
    }
  });
});
