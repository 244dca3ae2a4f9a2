import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, FeedMessage } from '@hatchery/events';
import { temporaryDirectory, within } from '@hatchery/testkit';
import { ServiceBench } from './service.test-support.ts';

const details = { user: null, peer: null, command: 'rocks', startedAt: '2026-01-01T00:00:00.000Z' };

/** A child of an earlier run as its keeper tells of it. */
function kept(id: string, connected = true) {
  return {
    id,
    pid: 4_194_400,
    directory: `/run/lp-forking-service-child-${id}`,
    connected,
    details,
  };
}

/** Runs one service after the other on one log of events, and returns all they have told. */
async function overRestarts(
  ...runs: ((bench: ServiceBench) => Promise<void> | void)[]
): Promise<Event[]> {
  using directory = temporaryDirectory();
  for (const run of runs) {
    using bench = new ServiceBench({}, directory.path);
    await run(bench);
  }
  using last = new ServiceBench({}, directory.path);
  const messages: FeedMessage[] = [];
  using _subscription = last.events.subscribe(
    { epoch: last.events.position.epoch, seq: 0 },
    (message) => {
      messages.push(message);
    },
  );
  return messages.flatMap((message) => (message.type === 'event' ? [message.event] : []));
}

const kinds = (events: readonly Event[]): string[] => events.map(({ kind }) => kind);

describe('a fork service after another one', () => {
  it('tells of a child once, whichever of them saw it spawned, connected and ended', async () => {
    let id = '';
    const events = await overRestarts(
      async (bench) => void ({ id } = await bench.fork()),
      (bench) =>
        bench.service.take({
          event: 'hello',
          format: 1,
          pid: 1,
          readyAtMs: 1,
          children: [kept(id)],
        }),
      (bench) => {
        bench.service.take({
          event: 'hello',
          format: 1,
          pid: 1,
          readyAtMs: 1,
          children: [kept(id)],
        });
        bench.exit(id, 0);
      },
      (bench) => {
        bench.service.take({ event: 'hello', format: 1, pid: 1, readyAtMs: 1, children: [] });
        bench.exit(id, 0);
        assert.notEqual(bench.service.attach(id), null, 'its requester may come back for it');
      },
    );
    assert.deepEqual(kinds(events), ['child.spawned', 'child.connected', 'child.exited']);
  });

  it('keeps the first cause of an ending, and tells of the signal that had to follow', async () => {
    let id = '';
    const events = await overRestarts(
      async (bench) => {
        ({ id } = await bench.fork());
        bench.service.signal(id, 'SIGTERM', 'by ops');
      },
      (bench) => {
        bench.service.take({
          event: 'hello',
          format: 1,
          pid: 1,
          readyAtMs: 1,
          children: [kept(id)],
        });
        bench.service.signal(id, 'SIGKILL', 'again');
        bench.exit(id, 9);
      },
    );
    assert.deepEqual(kinds(events), [
      'child.spawned',
      'child.stopping',
      'child.stopping',
      'child.exited',
    ]);
    const last = events.at(-1);
    assert.equal(last?.kind === 'child.exited' ? last.cause : null, 'by ops, then SIGKILL: again');
  });

  it('ends a child that no keeper knows and no process is, as unknown', async () => {
    let id = '';
    const events = await overRestarts(
      async (bench) => void ({ id } = await bench.fork()),
      async (bench) => {
        bench.service.take({ event: 'hello', format: 1, pid: 1, readyAtMs: 1, children: [] });
        bench.service.adoptOrphans();
        const attached = bench.service.attach(id);
        assert.equal(
          await within('its end', attached?.exited ?? Promise.reject(new Error('no child'))),
          255 << 8,
        );
      },
    );
    const last = events.at(-1);
    assert.deepEqual(last?.kind === 'child.exited' ? last.exit : null, {
      code: null,
      signal: null,
      status: null,
    });
  });

  it('counts the children it found against the limits', async () => {
    await overRestarts((bench) => {
      bench.service.take({
        event: 'hello',
        format: 1,
        pid: 1,
        readyAtMs: 1,
        children: [kept('a'), kept('b', false)],
      });
      assert.deepEqual([bench.service.busy, bench.service.registry.countOf(null)], [2, 2]);
    });
  });

  it('is drained until when the one before was to be, whatever that was, and an end of it leaves nothing', async () => {
    let deadline: Date | null = null;
    await overRestarts(
      ({ service }) => {
        service.intake.drain(true, 'ops', new Date('2026-01-01T00:00:00.000Z'));
        service.intake.drain(true, 'bo');
      },
      ({ service }) => {
        service.restoreDrain();
        deadline = new Date('2026-01-01T00:00:00.000Z');
        assert.deepEqual(service.intake.orders, {
          drained: true,
          orders: 0,
          deadline,
          reason: null,
        });
        service.intake.drain(false, 'ops');
        service.intake.drain(true, 'ops');
        ({ deadline } = service.intake.orders);
        assert.ok((deadline?.getTime() ?? 0) > Date.now(), 'a new drain has a deadline of its own');
      },
      ({ service }) => {
        service.restoreDrain();
        assert.deepEqual(service.intake.orders, {
          drained: true,
          orders: 0,
          deadline,
          reason: null,
        });
        service.intake.drain(false, 'ops');
      },
      ({ service }) => {
        service.restoreDrain();
        assert.deepEqual(service.intake.orders, {
          drained: false,
          orders: 0,
          deadline: null,
          reason: null,
        });
      },
    );
  });

  it('is drained as the one before was by an operator, and not as it was by its stop', async () => {
    const events = await overRestarts(
      (bench) => bench.service.intake.drain(true, 'ops'),
      (bench) => {
        bench.service.restoreDrain();
        assert.equal(bench.service.intake.isDraining, true);
        bench.service.intake.beginStop();
      },
      (bench) => {
        bench.service.restoreDrain();
        assert.equal(bench.service.intake.isDraining, false);
      },
    );
    assert.deepEqual(
      events.map((event) =>
        event.kind === 'forker.draining' ? [event.draining, event.actor] : event.kind,
      ),
      [
        [true, 'ops'],
        [true, 'stop'],
        [false, 'start'],
      ],
    );
  });
});
