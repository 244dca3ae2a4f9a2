import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readProcess, temporaryDirectory, until, within } from '@hatchery/testkit';
import { isGone, processStartTime } from './process-identity.ts';

describe('processStartTime', () => {
  it('is the same each time, and another one for another process', async () => {
    const started = processStartTime(process.pid);
    assert.ok(started !== null && Number.isSafeInteger(started));
    assert.equal(processStartTime(process.pid), started);
    const child = spawn('sleep', ['600']);
    assert.notEqual(processStartTime(child.pid ?? 0), started);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('is null for a pid that nobody has', () => {
    assert.equal(processStartTime(4_194_400), null);
    assert.equal(processStartTime(0), null);
  });

  it('is not misled by a name that looks like fields', async () => {
    using directory = temporaryDirectory();
    const program = join(directory.path, 'a) Z 1 (b');
    copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['600']);
    await once(child, 'spawn');
    assert.ok((processStartTime(child.pid ?? 0) ?? 0) > 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('is null for a zombie, which does nothing any more', async () => {
    await withZombie((pid) => assert.equal(processStartTime(pid), null));
  });
});

describe('isGone', () => {
  it('is true of a pid that nobody has, and of a zombie', async () => {
    assert.equal(isGone(4_194_400), true);
    await withZombie((pid) => assert.equal(isGone(pid), true));
  });

  it('is false of whoever runs, its owner be who it will', () => {
    for (const pid of [process.pid, process.ppid, 1]) assert.equal(isGone(pid), false);
  });
});

async function withZombie(story: (pid: number) => void): Promise<void> {
  // What the shell has become waits for nobody; the shell itself might have.
  const shell = spawn('sh', ['-c', 'sleep 600 & echo $!; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await within('the pid', once(shell.stdout, 'data'))) as [Buffer];
  const pid = Number(line.toString());
  try {
    await until(
      'the shell to be gone',
      () => readFileSync(`/proc/${shell.pid}/comm`, 'utf8') === 'cat\n',
    );
    process.kill(pid, 'SIGKILL');
    await until('a zombie', () => readProcess(pid)?.state === 'Z');
    story(pid);
  } finally {
    shell.stdin.end();
    await once(shell, 'exit');
  }
}
