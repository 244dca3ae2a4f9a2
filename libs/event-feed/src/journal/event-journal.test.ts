import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { emptyView, type EventBody, type FeedPosition } from '@hatchery/events';
import { temporaryDirectory } from '@hatchery/testkit';
import fc from 'fast-check';
import { numbered, numbersIn, sampleOf, spawned } from '../feed.test-support.ts';
import { follow, JournalBench, rewriteLast } from './journal.test-support.ts';
import { segmentsKeptMax } from './limits.ts';
import { encodeRecord } from './record.ts';

const exited = (id: string): EventBody => ({
  kind: 'child.exited',
  id,
  endedAt: '',
  exit: { code: 0, signal: null, status: 0 },
  rusage: null,
  cause: 'finished',
});
const id = fc.constantFrom('a', 'b', 'c');
const bodies = fc.array(
  fc.oneof<fc.Arbitrary<EventBody>[]>(
    id.map((one) => spawned(one)),
    id.map((one) => exited(one)),
    fc
      .tuple(id, fc.nat())
      .map(([one, rss]) => ({ kind: 'child.usage', samples: [sampleOf(one, rss)] })),
    fc.boolean().map((draining) => ({ kind: 'forker.draining', draining, actor: 'ops' })),
  ),
  { maxLength: 20 },
);

/** Runs `story` in an empty directory. */
function inDirectory(story: (directory: string) => void): void {
  using directory = temporaryDirectory();
  story(join(directory.path, 'events'));
}

/** What a publisher told in its life; its log is left in epoch `e1`. */
function publishOnce(directory: string, ...events: readonly EventBody[]): FeedPosition {
  using bench = new JournalBench(directory, 'e1');
  return bench.publish(...events).log.position;
}

describe('EventJournal', () => {
  it('begins empty, for its owner alone', () => {
    inDirectory((directory) => {
      using bench = new JournalBench(directory, 'e1');
      assert.deepEqual(bench.log.position, { epoch: 'e1', seq: 0 });
      assert.equal(statSync(directory).mode & 0o777, 0o700);
      for (const name of readdirSync(directory))
        assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
      assert.deepEqual(bench.said, []);
    });
  });

  it('goes on where it ended, and gives a reader from before exactly what it missed', () => {
    inDirectory((directory) => {
      publishOnce(directory, ...[1, 2, 3].map(numbered));
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.log.position, { epoch: 'e1', seq: 3 });
      next.publish(numbered(4));
      const messages = next.read({ epoch: 'e1', seq: 1 });
      assert.deepEqual(numbersIn(messages), [2, 3, 4]);
      assert.ok(!messages.some(({ type }) => type === 'snapshot'));
    });
  });

  it('leads a reader over any number of restarts and rotations to the view of the publisher', () => {
    fc.assert(
      fc.property(
        fc.array(bodies, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (runs, size) => {
          inDirectory((directory) => {
            let reader = {
              position: { epoch: 'e1', seq: publishOnce(directory).seq },
              view: emptyView,
            };
            for (const run of runs) {
              using bench = new JournalBench(directory, 'e9', { segmentEventsMax: size });
              bench.publish(...run.slice(0, run.length / 2));
              reader = {
                position: bench.log.position,
                view: follow(reader.view, bench.read(reader.position)),
              };
              bench.publish(...run.slice(run.length / 2));
              assert.equal(bench.log.position.epoch, 'e1');
            }
            using last = new JournalBench(directory, 'e9', { segmentEventsMax: size });
            const { view } = last.log;
            // Usage is live and not on disk: what the reader still knows of it may be more than the
            // log does.
            const durable = (known: typeof view): unknown =>
              JSON.parse(
                JSON.stringify(known, (key, value: unknown) => (key === 'usage' ? null : value)),
              );
            assert.deepEqual(
              durable(follow(reader.view, last.read(reader.position))),
              durable(view),
            );
            assert.ok(readdirSync(directory).length <= segmentsKeptMax);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('torn in its last record drops that alone, and numbers the next one in its place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), (count, cut) => {
        inDirectory((directory) => {
          publishOnce(directory, ...Array.from({ length: count }, (_, index) => numbered(index)));
          const lastBytes = encodeRecord({
            ...numbered(count - 1),
            seq: count,
            at: new Date(0).toISOString(),
          }).length;
          rewriteLast(directory, (bytes) =>
            bytes.subarray(0, bytes.length - 1 - (cut % lastBytes)),
          );
          using next = new JournalBench(directory, 'e2');
          assert.deepEqual(next.log.position, { epoch: 'e1', seq: count - 1 });
          next.publish(numbered(77));
          assert.deepEqual(numbersIn(next.read({ epoch: 'e1', seq: count - 1 })), [77]);
          using third = new JournalBench(directory, 'e3');
          assert.deepEqual(third.log.position, { epoch: 'e1', seq: count });
          assert.deepEqual([next.said, third.said], [[], []]);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('damaged anywhere never invents an event, and never resumes a reader that knew more', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 255 }), (run, at, change) => {
        inDirectory((directory) => {
          const position = publishOnce(directory, ...run);
          rewriteLast(directory, (bytes) => {
            const place = at % bytes.length;
            bytes[place] = (bytes[place] ?? 0) ^ change;
            return bytes;
          });
          using next = new JournalBench(directory, 'e2');
          const { epoch, seq } = next.log.position;
          assert.ok(seq <= position.seq);
          // A last record without its newline cannot be told from a torn one; then the reader comes
          // from the future.
          assert.ok(epoch === 'e2' || seq === position.seq - 1);
          assert.ok(next.read(position).some(({ type }) => type === 'snapshot'));
        });
      }),
      { numRuns: 100 },
    );
  });

  it('from before a power cut keeps what it has, and ends the epoch', () => {
    inDirectory((directory) => {
      const position = publishOnce(directory, spawned('a'));
      rewriteLast(directory, (bytes) => {
        const [header = '', ...rest] = bytes.toString().split('\n');
        const other = { ...(JSON.parse(header.slice(9)) as object), boot: 'another' };
        return Buffer.concat([encodeRecord(other), Buffer.from(rest.join('\n'))]);
      });
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.said, ['the machine was started anew since']);
      assert.deepEqual(Object.keys(next.log.view.children), ['a']);
      assert.ok(next.read(position).some(({ type }) => type === 'snapshot'));
    });
  });

  it('takes files that are none of its own for nothing, and leaves them', () => {
    inDirectory((directory) => {
      publishOnce(directory, numbered(1));
      for (const name of ['events-1.log', 'notes', 'events-0000000000000009.log']) {
        writeFileSync(join(directory, name), 'precious');
      }
      writeFileSync(join(directory, 'events-0000000000000001.log.unfinished'), 'half');
      using next = new JournalBench(directory, 'e2');
      assert.deepEqual(next.log.position, { epoch: 'e1', seq: 1 });
      const kept = readdirSync(directory);
      for (const name of ['events-1.log', 'notes']) assert.ok(kept.includes(name), name);
      assert.ok(!kept.some((name) => name.endsWith('.unfinished')));
    });
  });

  it('of another version is refused in words, and stays as it is', () => {
    inDirectory((directory) => {
      publishOnce(directory, numbered(1));
      const newer = encodeRecord({ format: 2, events: 'elsewhere' });
      rewriteLast(directory, () => newer);
      assert.throws(
        () => new JournalBench(directory, 'e2'),
        /events-0+\.log is a segment of the event log of version 2; this Hatchery reads version 1;/,
      );
      rewriteLast(directory, (bytes) => {
        assert.deepEqual(bytes, newer);
        return bytes;
      });
    });
  });

  it('throws when its directory cannot be made', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'file'), '');
    assert.throws(() => new JournalBench(join(directory.path, 'file', 'events'), 'e1'), {
      code: 'ENOTDIR',
    });
  });
});
