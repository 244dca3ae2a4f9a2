import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { EventBody } from '@hatchery/events';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { numbered, numbersIn } from '../feed.test-support.ts';
import { JournalBench } from './journal.test-support.ts';

const long = (number: number): EventBody => ({
  kind: 'action.done',
  actionId: `${number}`,
  outcome: 'x'.repeat(1000),
});

/** Runs `story` on a disk of 64 KiB of its own. */
async function onSmallDisk(
  context: TestContext,
  story: (disk: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=64k',
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

/** Fills the disk to its last byte; remove the file to make room. */
function fill(disk: string): string {
  const path = join(disk, 'filler');
  assert.throws(() => writeFileSync(path, Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
  return path;
}

describe('EventJournal on a full disk', () => {
  it('says so once, goes on in memory, and writes everything as soon as there is room', async (context) => {
    await onSmallDisk(context, async (disk) => {
      const directory = join(disk, 'events');
      using bench = new JournalBench(directory, 'e1', { retryMs: 5 });
      bench.publish(long(1));
      const filler = fill(disk);
      for (let number = 2; number <= 20; number += 1) bench.publish(long(number));
      assert.deepEqual(bench.said, ['suspended: ENOSPC']);
      assert.ok(!bench.journal.isWriting);
      assert.equal(numbersIn(bench.read({ epoch: 'e1', seq: 0 })).length, 20);
      rmSync(filler);
      await until('the log to be written', () => bench.journal.isWriting);
      bench.publish(long(21));
      assert.deepEqual(bench.said, ['suspended: ENOSPC', 'resumed, 0 missing']);
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.log.position, { epoch: 'e1', seq: 21 });
      assert.equal(numbersIn(next.read({ epoch: 'e1', seq: 0 })).length, 21);
    });
  });

  it('that ends its service so ends the epoch, for readers know more than the log', async (context) => {
    await onSmallDisk(context, async (disk) => {
      const directory = join(disk, 'events');
      const bench = new JournalBench(directory, 'e1');
      bench.publish(numbered(1));
      const filler = fill(disk);
      for (let number = 2; number <= 20; number += 1) bench.publish(long(number));
      const { position } = bench.log;
      bench[Symbol.dispose]();
      assert.deepEqual(bench.said, ['suspended: ENOSPC']);
      rmSync(filler);
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.said, ['the disk took no more events when the service ended']);
      assert.equal(next.log.position.epoch, 'e2');
      assert.ok(next.read(position).some(({ type }) => type === 'snapshot'));
      await Promise.resolve();
    });
  });

  it('counts what memory cannot hold either', async (context) => {
    await onSmallDisk(context, async (disk) => {
      const directory = join(disk, 'events');
      using bench = new JournalBench(directory, 'e1', { retryMs: 5, unwrittenEventsMax: 8 });
      const filler = fill(disk);
      for (let number = 1; number <= 30; number += 1) bench.publish(long(number));
      rmSync(filler);
      await until('the log to be written', () => bench.journal.isWriting);
      assert.match(bench.said.at(-1) ?? '', /^resumed, (8|16|24) missing$/);
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.log.position, { epoch: 'e1', seq: 30 });
      // The hole is never served as a part.
      assert.ok(next.read({ epoch: 'e1', seq: 0 }).some(({ type }) => type === 'snapshot'));
      assert.deepEqual(numbersIn(next.read({ epoch: 'e1', seq: 29 })), [30]);
    });
  });

  it('begins all the same', async (context) => {
    await onSmallDisk(context, async (disk) => {
      const directory = join(disk, 'events');
      mkdirSync(directory);
      const filler = fill(disk);
      using bench = new JournalBench(directory, 'e2', { retryMs: 5 });
      bench.publish(numbered(1));
      rmSync(filler);
      await until('the log to be written', () => bench.journal.isWriting);
      assert.deepEqual(bench.said, ['suspended: ENOSPC', 'resumed, 0 missing']);
      using next = new JournalBench(directory, 'e3');
      assert.deepEqual(next.log.position, { epoch: 'e2', seq: 1 });
    });
  });
});
