import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { serveLine, type RunningClient } from '../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { Stand } from '../../testing/stand.ts';

test('trap A: stdout and stderr both past the window of a slow client arrive complete and once, with the exit status', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'seq 1 700000 & seq 1000000 1700000 >&2; wait; exit 6';
  const client = stand.startSsh([serveLine]);
  await stalled(stand, client);
  resume(client);
  client.process.stdin?.end();
  const { code, stdout, stderr } = await within('ssh to end', client.result);
  assert.equal(stdout.toString() === numbers(1, 700_000), true, 'stdout is what was written');
  assert.equal(
    stderr.replace(/^Warning[^\n]*\n/, '') === numbers(1_000_000, 1_700_000),
    true,
    'stderr is what was written',
  );
  assert.equal(code, 6);
});

test('trap D: a client that reads nothing stops its child after a few megabytes, and gets all 20 MB when it reads again', async () => {
  await using stand = await Stand.open();
  const progress = join(stand.directory, 'progress');
  stand.forks.script = `i=0; while [ $i -lt 320 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >>${progress}; done; exit 4`;
  const client = stand.startSsh([serveLine]);
  await stalled(stand, client);
  const written = await settled(() => readFileSync(progress, 'utf8').split('\n').length - 1);
  // The client's window is 2 MiB; the rest is one paused output, the pipe, and what ssh itself
  // buffers.
  assert.ok(written * 65_536 < 6 * 1024 * 1024, `${written} times 64 KiB`);
  resume(client);
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.length], [4, 320 * 65_536]);
});

test('a child that does not read blocks its client, and gets all 20 MB when it reads again', async () => {
  await using stand = await Stand.open();
  const start = join(stand.directory, 'start');
  stand.forks.script = `while [ ! -e ${start} ]; do sleep 0.02; done; wc -c`;
  const client = stand.startSsh([serveLine]);
  client.process.stdin?.end(Buffer.alloc(20 * 1024 * 1024));
  await until('the session', () => stand.log.named('session opened').length === 1);
  const kept = await settled(() => client.process.stdin?.writableLength ?? 0);
  assert.ok(kept > 12 * 1024 * 1024, `the client still holds ${kept} bytes`);
  writeFileSync(start, '');
  const { stdout } = await within('ssh to end', client.result);
  assert.equal(stdout.toString().trim(), String(20 * 1024 * 1024));
});

/** A client that has read nothing, and whose child waits for it. */
async function stalled(stand: Stand, client: RunningClient): Promise<void> {
  client.process.stdout?.pause();
  client.process.stderr?.pause();
  await until('the session', () => stand.log.named('session opened').length === 1);
  await delay(300);
}

function resume(client: RunningClient): void {
  client.process.stdout?.resume();
  client.process.stderr?.resume();
}

/** The value once it has stayed the same for a while. */
async function settled(read: () => number): Promise<number> {
  let last = Number.NaN;
  let same = 0;
  while (same < 10) {
    await delay(50);
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

function numbers(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');
}
