import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
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
    const stale = makeDirectory(parent.path, newChildName(parent.path, new Date(0)));
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), [stale]);
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), []);
  });

  it("spares what may still be waited for, another service's, and everything else", () => {
    using parent = temporaryDirectory();
    const kept = [
      makeDirectory(parent.path, newChildName(parent.path, new Date())),
      makeDirectory(parent.path, newChildName('/run/other', new Date(0))),
      makeDirectory(parent.path, 'by-hand'),
    ];
    writeFileSync(join(parent.path, 'control.sock'), '');
    assert.deepEqual(collectStaleDirectories(parent.path, new Date()), []);
    assert.ok(kept.every(existsSync));
  });
});
