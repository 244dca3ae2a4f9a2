import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '@hatchery/daemon';
import { temporaryDirectory } from '@hatchery/testkit';
import { collectIntervalMs } from '../../limits.ts';
import { newTestChild } from '../forking/child.test-support.ts';
import { newChildName } from '../forking/child-name.ts';
import { collectGarbage } from './collect-garbage.ts';
import { pipeDirectoryOf } from '../forking/pipe-directories.ts';
import { ChildRegistry } from '../running/registry.ts';

const log = createLogger('forker', { level: 'error', format: 'json' });

function staleDirectory(runtime: string): { id: string; path: string } {
  const id = newChildName(runtime, new Date(0), 120);
  const path = pipeDirectoryOf(runtime, id);
  mkdirSync(path);
  return { id, path };
}

/** Lets the time between two collections pass. */
function passInterval(context: TestContext): void {
  context.mock.timers.tick(collectIntervalMs);
}

describe('collectGarbage', () => {
  it('collects at once, at intervals, and no more when it is disposed', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    using runtime = temporaryDirectory();
    const first = staleDirectory(runtime.path);
    {
      using _collecting = collectGarbage(runtime.path, new ChildRegistry(), log);
      assert.ok(!existsSync(first.path));
      const second = staleDirectory(runtime.path);
      assert.ok(existsSync(second.path));
      passInterval(t);
      assert.ok(!existsSync(second.path));
    }
    const third = staleDirectory(runtime.path);
    passInterval(t);
    assert.ok(existsSync(third.path));
  });

  it('never takes the directory of a child that lives', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    using runtime = temporaryDirectory();
    const registry = new ChildRegistry();
    const { id, path } = staleDirectory(runtime.path);
    registry.spawned(newTestChild({ id }), path);
    using _collecting = collectGarbage(runtime.path, registry, log);
    passInterval(t);
    assert.ok(existsSync(path));
  });

  it('outlives a runtime directory that cannot be read', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    using parent = temporaryDirectory();
    const runtime = join(parent.path, 'run');
    mkdirSync(runtime);
    const silent = createLogger('forker', { level: 'error', format: 'json' });
    const told: unknown[] = [];
    silent.error = (...words: unknown[]) => void told.push(words[1]);
    using _collecting = collectGarbage(runtime, new ChildRegistry(), silent);
    rmSync(runtime, { recursive: true });
    passInterval(t);
    assert.deepEqual(told, ['the runtime directory cannot be read']);
  });
});
