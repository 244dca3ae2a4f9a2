import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { within } from '@hatchery/testkit';
import { LockBench } from './lock-bench.test-support.ts';

const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const { status, stderr } = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' });
const skip = status === 0 ? false : `no pid namespace: ${stderr.trim()}`;

/**
 * What a process in another pid namespace of this host, with the same host name, writes about
 * itself.
 */
async function withOther(story: (told: Record<string, string>) => Promise<void>): Promise<void> {
  const tell =
    'sleep 600 & read -r boot </proc/sys/kernel/random/boot_id; set -- $(cat /proc/$!/stat); shift 21; ' +
    'echo "$! $boot $(readlink /proc/self/ns/pid) $1"; wait';
  const other = spawn('unshare', [...unshare, 'sh', '-c', tell], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => other.once('close', resolve));
  try {
    const line = await within(
      'its names',
      new Promise<Buffer>((resolve) => other.stdout.once('data', resolve)),
    );
    const [pid = '', boot = '', namespace = '', ticks = ''] = line.toString().trim().split(' ');
    await story({ pid, boot, pid_namespace: namespace, start_ticks: ticks });
  } finally {
    other.kill('SIGKILL');
    await ended;
  }
}

describe('a holder that lives in another pid namespace with the same host name', { skip }, () => {
  it('is unknown, and neither broken nor freed, whatever process has its pid here', async () => {
    await withOther(async (told) => {
      using bench = new LockBench(0);
      for (const fields of [
        told,
        { pid: told['pid'] ?? '' },
        { ...told, pid: String(process.pid) },
      ]) {
        bench.lockDirectory.take('n1', { start_time: Math.floor(Date.now() / 1000), ...fields });
        await bench.locks.scan();
        if ('boot' in fields || !existsSync(`/proc/${fields['pid']}`)) {
          assert.equal(bench.view[0]?.condition, 'unknown', JSON.stringify(fields));
          // The process that has this pid here is not the holder.
          assert.equal(bench.view[0].holder?.command, null, JSON.stringify(fields));
          const refused = await bench.break();
          assert.ok('refused' in refused && refused.status === 409);
        }
        // Several checks of the grace.
        await new Promise((resolve) => setTimeout(resolve, 600));
        assert.ok(existsSync(join(bench.lockDirectory.path, 'held')));
      }
      assert.ok(!bench.kinds().includes('lock.broken'));
    });
  });
});
