import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { readProcessMemory } from './process-memory.ts';
import { privateMemoryOfTree } from './process-tree.ts';

describe('privateMemoryOfTree', () => {
  it('counts a process and all below it', async () => {
    // A group of its own, so that all of it can be ended.
    const shell = spawn('/bin/sh', ['-c', 'sleep 60 & sleep 60; true'], {
      stdio: 'ignore',
      detached: true,
    });
    const pid = shell.pid ?? 0;
    const ended = once(shell, 'exit');
    try {
      const deadline = performance.now() + 30_000;
      while (privateMemoryOfTree(pid) <= readProcessMemory(pid).private)
        assert.ok(performance.now() < deadline, 'its children are not counted');
    } finally {
      process.kill(-pid, 'SIGKILL');
      await ended;
    }
  });

  it('is nothing for a process that is gone', async () => {
    const gone = spawn('/bin/true');
    await once(gone, 'exit');
    assert.equal(privateMemoryOfTree(gone.pid ?? 0), 0);
  });
});
