import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyView, reduce, type EventBody, type LockParty, type View } from '@hatchery/events';
import fc from 'fast-check';
import { LockTable, type Acquisition } from './lock-table.ts';

const place = { path: '/b/.bzr/branch/lock', kind: 'branch', name: 'b' } as const;
const held = { condition: 'held', reasons: ['r'] } as const;

function party(childId: string): LockParty {
  return { childId, pid: 1, user: 'u', host: 'h', command: 'c', since: null };
}

function taken(nonce: string, by = 'c1', path: string = place.path, atS = 0): Acquisition {
  return {
    place: { ...place, path },
    nonce,
    mark: nonce,
    holder: party(by),
    verdict: held,
    atS,
    source: 'report',
  };
}

const newTable = (): LockTable => new LockTable((path, mark) => `${path}#${mark}`);
const kindsOf = (events: readonly EventBody[]): string[] => events.map(({ kind }) => kind);

describe('a table of locks', () => {
  it('reports a lock that is taken and released', () => {
    const table = newTable();
    const [acquired, ...others] = table.acquired(taken('n1'));
    assert.deepEqual(others, []);
    assert.ok(acquired?.kind === 'lock.acquired' && acquired.lock.holder?.childId === 'c1');
    assert.deepEqual(table.released(place.path, 'n1'), [
      { kind: 'lock.released', id: acquired.lock.id },
    ]);
    assert.deepEqual(table.all(), []);
  });

  it('reports which lock was broken', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    const [broken] = table.broken(place.path, 'n1', 'ops');
    assert.ok(broken?.kind === 'lock.broken');
    assert.deepEqual(
      [broken.before?.name, broken.before?.holder?.childId, broken.actor],
      ['b', 'c1', 'ops'],
    );
  });

  it('reports nothing twice', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    assert.deepEqual(table.acquired(taken('n1')), []);
    table.released(place.path, 'n1');
    assert.deepEqual(table.released(place.path, 'n1'), []);
  });

  it('ends the previous holder when another one has the lock', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    assert.deepEqual(kindsOf(table.acquired(taken('n2', 'c2'))), [
      'lock.released',
      'lock.acquired',
    ]);
    // The first one's report comes late.
    assert.deepEqual(table.released(place.path, 'n1'), []);
    assert.equal(table.at(place.path)?.nonce, 'n2');
  });

  it('accepts a release that overtakes its acquisition', () => {
    const table = newTable();
    assert.deepEqual(table.released(place.path, 'n1'), []);
    assert.deepEqual(table.acquired(taken('n1')), []);
    assert.deepEqual(table.all(), []);
  });

  it('recognizes an acquisition that the next one overtakes, and one whose token another session took up', () => {
    const table = newTable();
    table.acquired(taken('n2', 'c2', place.path, 2));
    assert.deepEqual(table.acquired(taken('n1', 'c1', place.path, 1)), []);
    assert.deepEqual(table.acquired(taken('n2', 'c1', place.path, 1)), []);
    assert.deepEqual(
      [table.at(place.path)?.nonce, table.at(place.path)?.holder?.childId],
      ['n2', 'c2'],
    );
  });

  it('trusts a report over a look at the disk in who holds a lock, whichever comes first', () => {
    const table = newTable();
    const look = { ...taken('n1', 'old', place.path, 5), source: 'look' } as const;
    table.acquired(look);
    assert.deepEqual(kindsOf(table.acquired(taken('n1', 'c2', place.path, 4))), ['lock.changed']);
    assert.equal(table.at(place.path)?.holder?.childId, 'c2');
    // But not in which acquisition it is.
    assert.deepEqual(table.acquired(taken('n0', 'c1', place.path, 3)), []);
    assert.equal(table.at(place.path)?.nonce, 'n1');
  });

  it('does not release a lock that another session holds', () => {
    const table = newTable();
    table.acquired(taken('n2'));
    assert.deepEqual(table.released(place.path, 'n1'), []);
    assert.deepEqual(table.broken(place.path, 'n1', 'ops'), []);
    assert.equal(table.all().length, 1);
  });

  it('moves a lock to the session that took its token up', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    const [changed] = table.acquired(taken('n1', 'c2'));
    assert.ok(changed?.kind === 'lock.changed' && changed.lock.holder?.childId === 'c2');
    assert.deepEqual([table.heldBy('c1').length, table.heldBy('c2').length], [0, 1]);
  });

  it('keeps waiters from one holder to the next, without the one that got it', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    assert.deepEqual(kindsOf(table.contended(place.path, party('c2'))), ['lock.contended']);
    assert.deepEqual(table.contended(place.path, party('c2')), []);
    table.contended(place.path, party('c3'));
    table.released(place.path, 'n1');
    table.acquired(taken('n2', 'c2'));
    assert.deepEqual(
      table.at(place.path)?.waiters.map(({ childId }) => childId),
      ['c3'],
    );
    assert.deepEqual(kindsOf(table.gaveUp(place.path, party('c3'))), ['lock.changed']);
    assert.deepEqual(table.gaveUp(place.path, party('c3')), []);
  });

  it('forgets what an ended session waited for, and keeps what it held until a look at the disk', () => {
    const table = newTable();
    table.acquired(taken('n1'));
    table.contended(place.path, party('c2'));
    assert.deepEqual(kindsOf(table.sessionEnded('c2')), ['lock.changed']);
    assert.deepEqual(table.sessionEnded('c1'), []);
    assert.equal(table.heldBy('c1').length, 1);
  });

  it('publishes nothing about a waiter for a lock that does not exist', () => {
    assert.deepEqual(newTable().contended(place.path, party('c2')), []);
    assert.deepEqual(newTable().changed(place.path, { condition: 'stale' }), []);
  });
});

/**
 * What sessions do on disk, in order, and their reports, which arrive in any order that keeps each
 * session's own.
 */
type Step = { readonly path: string; readonly session: string; readonly mayToken: boolean };

const steps = fc.array(
  fc.record<Step>({
    path: fc.constantFrom('/a/.bzr/branch/lock', '/b/.bzr/branch/lock', '/c/.bzr/branch/lock'),
    session: fc.constantFrom('c1', 'c2', 'c3'),
    mayToken: fc.boolean(),
  }),
  { maxLength: 60 },
);

it('agrees with the disk once all reports are in, whatever their order', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat(2)), (schedule, order) => {
      const table = newTable();
      const disk = new Map<string, { nonce: string; by: string }>();
      const reports = new Map<string, (() => EventBody[])[]>([
        ['c1', []],
        ['c2', []],
        ['c3', []],
      ]);
      schedule.forEach(({ path, session, mayToken }, index) => {
        const now = disk.get(path);
        const report = (what: () => EventBody[]): void => void reports.get(session)?.push(what);
        if (now === undefined) {
          disk.set(path, { nonce: `n${index}`, by: session });
          report(() => table.acquired(taken(`n${index}`, session, path, index)));
        } else if (now.by === session || mayToken) {
          // A session releases a lock that it took, or that another one passed to it by token.
          disk.delete(path);
          report(() => table.released(path, now.nonce));
        } else {
          report(() => table.contended(path, party(session)));
          report(() => table.gaveUp(path, party(session)));
        }
      });
      let view: View = emptyView;
      const fold = (events: readonly EventBody[]): void => {
        for (const event of events) view = reduce(view, event);
      };
      const queues = [...reports.values()];
      while (queues.some((queue) => queue.length > 0)) {
        const queue = queues[order.next().value as number];
        const next = queue?.shift();
        if (next !== undefined) fold(next());
      }
      const wanted = [...disk].map(([path, { nonce }]) => `${path} ${nonce}`).sort();
      assert.deepEqual(
        table
          .all()
          .map(({ path, nonce }) => `${path} ${nonce}`)
          .sort(),
        wanted,
      );
      assert.deepEqual(
        Object.values(view.locks)
          .map(({ path, nonce }) => `${path} ${nonce}`)
          .sort(),
        wanted,
      );
      assert.ok(Object.values(view.locks).every(({ waiters }) => waiters.length === 0));
    }),
  );
});
