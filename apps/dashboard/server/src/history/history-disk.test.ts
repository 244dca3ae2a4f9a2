import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EventBody } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { aChild, exited } from '../../test-support/fake-forker.ts';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { at, feedInto, openHistory, start } from '../../test-support/told-history.ts';

const filter = {
  from: 0,
  to: start * 2,
  user: null,
  branch: null,
  text: null,
  outcome: 'any',
} as const;
const cut = { limit: 1_000, after: null };
const writer = new URL('../../test-support/history-writer.ts', import.meta.url);

/** Runs `story` on its own disk of 2 MiB. */
async function onSmallDisk(
  context: TestContext,
  story: (disk: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=2m',
    'tmpfs',
    directory.path,
  ]);
  if (status !== 0) return context.skip(`no file system of its own: ${stderr.toString().trim()}`);
  try {
    await story(directory.path);
  } finally {
    spawnSync('umount', [directory.path]);
  }
}

test('a full disk loses nothing that fits into memory: the records are written when there is room', async (context) => {
  await onSmallDisk(context, async (disk) => {
    await using history = openHistory(join(disk, 'history.db'));
    await until('it is open', () => history.state.problem === null);
    const feed = feedInto(history);
    feed.happen({ kind: 'child.spawned', child: aChild('before', { startedAt: at(0) }) });
    assert.equal(await history.keepNow([], 5_000), true);
    const filler = join(disk, 'filler');
    assert.throws(() => writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024)), { code: 'ENOSPC' });
    for (let number = 0; number < 200; number += 1) {
      const id = `c${number}`;
      feed.happen({
        kind: 'child.spawned',
        child: aChild(id, { startedAt: at(number), command: 'x'.repeat(300) }),
      });
      feed.happen({ ...exited(id), endedAt: at(number + 1) } as EventBody);
    }
    await until('it is told', () => /full|disk I\/O/.test(history.state.problem ?? ''));
    assert.equal(
      await history.keepNow([], 5_000),
      false,
      'no caller waits for a disk that is known to be full',
    );
    const { rows } = await history.ask({ name: 'sessions', filter, cut });
    assert.ok(
      rows.some(({ id }) => id === 'before'),
      'what was can still be read',
    );
    rmSync(filler);
    await until(
      'it is written',
      () => history.state.problem === null && history.state.waiting === 0,
    );
    assert.equal(history.state.lost, 0);
    assert.equal((await history.ask({ name: 'sessions', filter, cut })).rows.length, 201);
  });
});

for (const kills of [1, 2])
  test(`every record reported as written survives ${kills === 1 ? 'a crash' : 'two crashes'}, whole`, async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'history.db');
    let written = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const child = fork(writer, [path, String(written)]);
      child.on('message', (count: number) => (written = count));
      await until('some are written', () => written > 300 * (kill + 1));
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await using history = openHistory(path);
    await until('it is open', () => history.state.problem === null);
    assert.equal(history.state.movedAside, null);
    const ids = new Set<unknown>();
    for (let after: string | null = null; ;) {
      const page: { rows: readonly { id?: unknown }[]; next: string | null } = await history.ask({
        name: 'sessions',
        filter: { ...filter, outcome: 'any' },
        cut: { limit: 1_000, after },
      });
      for (const row of page.rows) ids.add(row['id']);
      if ((after = page.next) === null) break;
    }
    for (let number = 0; number < written; number += 1)
      assert.ok(ids.has(`c${number}`), `c${number} of ${written}`);
  });
