import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emptyView,
  reduce,
  type EventBody,
  type LiveMessage,
  type LivePosition,
  type View,
} from '@hatchery/events';
import { exampleChild, exampleEnd, exampleUsage } from '@hatchery/events/fixtures';
import { fold } from './fold.ts';
import type { LiveData } from './live-data.ts';

/** A minimal server: it numbers events and keeps all of them. */
class Server {
  epoch = 1;
  seq = 0;
  round = 0;
  view: View = emptyView;
  readonly told: LiveMessage[] = [];
  readonly usage = new Map<string, { readonly round: number; readonly cpu: number }>();
  /** The oldest number from which a page can resume. */
  #start = 0;
  #events: Extract<LiveMessage, { type: 'event' }>[] = [];

  get position(): LivePosition {
    return { epoch: String(this.epoch), seq: this.seq, round: this.round };
  }

  happen(body: EventBody): void {
    this.seq += 1;
    const event = { ...body, seq: this.seq, at: '' };
    this.view = reduce(this.view, event);
    if (body.kind === 'child.exited') this.usage.delete(body.id);
    if (body.kind === 'child.spawned') this.usage.delete(body.child.id);
    this.#events.push({ type: 'event', event });
    this.told.push({ type: 'event', event });
  }

  sample(id: string, cpu: number): void {
    if (this.view.children[id] === undefined) return;
    this.round += 1;
    this.usage.set(id, { round: this.round, cpu });
    const message = this.usageAfter(this.round - 1);
    this.view = reduce(this.view, { kind: 'child.usage', samples: message.samples });
    this.told.push(message);
  }

  /** Starts another run: new numbers and a new state. */
  restart(): void {
    this.epoch += 1;
    this.seq = this.#start = 5;
    this.view = emptyView;
    this.usage.clear();
    this.#events = [];
    this.told.push(this.snapshot());
  }

  beat(): void {
    const feed = { up: true, since: '', heardAt: '' } as const;
    this.told.push({
      type: 'heartbeat',
      ...this.position,
      serverTime: '',
      feed,
      stuck: [],
      readOnly: null,
    });
  }

  resume(from: LivePosition | null): LiveMessage[] {
    const known =
      from?.epoch === String(this.epoch) &&
      from.seq >= this.#start &&
      from.seq <= this.seq &&
      from.round <= this.round;
    if (from === null || !known) return [this.snapshot()];
    return [
      ...this.#events.filter(({ event }) => event.seq > from.seq),
      this.usageAfter(from.round),
    ];
  }

  snapshot(): LiveMessage {
    return { type: 'snapshot', ...this.position, view: this.view };
  }

  usageAfter(after: number): Extract<LiveMessage, { type: 'usage' }> {
    const changed = [...this.usage].filter(([, { round }]) => round > after);
    const samples = changed.map(([id, { cpu }]) => ({ id, at: '', usage: exampleUsage(cpu) }));
    return { type: 'usage', seq: this.seq, after, round: this.round, samples };
  }
}

const ids = fc.constantFrom('c1', 'c2', 'c3');
const step = fc.oneof(
  ids.map(
    (id) => (server: Server) => server.happen({ kind: 'child.spawned', child: exampleChild(id) }),
  ),
  ids.map((id) => (server: Server) => server.happen(exampleEnd(id))),
  fc.tuple(ids, fc.nat(99)).map(
    ([id, cpu]) =>
      (server: Server) =>
        server.sample(id, cpu),
  ),
  fc.constant((server: Server) => server.beat()),
);
/** What the network does to one message. */
const fate = fc.constantFrom(
  'arrives',
  'arrives',
  'arrives',
  'is lost',
  'arrives twice',
  'is overtaken',
);

function deliver(messages: readonly LiveMessage[], fates: readonly string[]): LiveMessage[] {
  const arrived: LiveMessage[] = [];
  messages.forEach((message, index) => {
    const what = fates[index % fates.length];
    if (what === 'is lost') return;
    if (what === 'is overtaken') arrived.splice(Math.max(0, arrived.length - 1), 0, message);
    else arrived.push(message);
    if (what === 'arrives twice') arrived.push(message);
  });
  return arrived;
}

/**
 * Folds the messages that arrive and asks the server again at each gap; its answer arrives whole.
 */
function listen(
  data: LiveData | null,
  arrived: readonly LiveMessage[],
  server: Server,
): LiveData | null {
  return arrived.reduce<LiveData | null>((known, message) => {
    const folded = fold(known, message);
    if (folded.verdict !== 'gap') return folded.data;
    return server
      .resume(folded.data)
      .reduce<LiveData | null>((next, each) => fold(next, each).data, folded.data);
  }, data);
}

test('the next heartbeat repairs lost, doubled, overtaken and cut-off messages', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      fc.array(fate, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (connections, fates, restarts) => {
        const server = new Server();
        let data: LiveData | null = null;
        for (const steps of connections) {
          server.told.length = 0;
          for (const each of steps) each(server);
          data = listen(data, deliver(server.told, fates), server);
        }
        if (restarts) server.restart();
        server.told.length = 0;
        server.beat();
        data = listen(data, server.told, server);
        assert.ok(data !== null);
        assert.deepEqual(
          { ...data, view: live(data.view) },
          { ...server.position, view: live(server.view) },
        );
      },
    ),
    { numRuns: 500 },
  );
});

/** Usage is live: a page that missed a child's last usage does not get it later. */
function live(view: View): View {
  return {
    ...view,
    recentChildren: view.recentChildren.map((child) => ({ ...child, usage: null })),
  };
}

const data: LiveData = {
  epoch: 'e',
  seq: 5,
  round: 2,
  view: { ...emptyView, children: { c1: exampleChild('c1') } },
};
const samples = [{ id: 'c1', at: '', usage: exampleUsage(7) }];
const drained = { kind: 'forker.draining', draining: true, actor: 'bo', at: '' } as const;

const judgements: readonly (readonly [string, LiveData | null, LiveMessage, string])[] = [
  ['the next event', data, { type: 'event', event: { ...drained, seq: 6 } }, 'applied'],
  ['an event seen before', data, { type: 'event', event: { ...drained, seq: 5 } }, 'old'],
  ['an event after a hole', data, { type: 'event', event: { ...drained, seq: 7 } }, 'gap'],
  ['an event before any snapshot', null, { type: 'event', event: { ...drained, seq: 1 } }, 'gap'],
  ['the next round', data, { type: 'usage', seq: 5, after: 2, round: 3, samples }, 'applied'],
  ['merged rounds', data, { type: 'usage', seq: 5, after: 1, round: 4, samples }, 'applied'],
  ['a round seen before', data, { type: 'usage', seq: 5, after: 1, round: 2, samples }, 'old'],
  ['a round after a hole', data, { type: 'usage', seq: 5, after: 3, round: 4, samples }, 'gap'],
  [
    'usage as of a missing event',
    data,
    { type: 'usage', seq: 6, after: 2, round: 3, samples },
    'gap',
  ],
  [
    'a snapshot that was overtaken',
    data,
    { type: 'snapshot', epoch: 'e', seq: 4, round: 2, view: emptyView },
    'old',
  ],
  [
    'a snapshot of another run',
    data,
    { type: 'snapshot', epoch: 'f', seq: 1, round: 0, view: emptyView },
    'applied',
  ],
];

for (const [name, before, message, verdict] of judgements) {
  test(`${name} is ${verdict}`, () => {
    const folded = fold(before, message);
    assert.equal(folded.verdict, verdict);
    if (verdict !== 'applied') assert.equal(folded.data, before);
  });
}
