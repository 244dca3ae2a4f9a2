import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedMessage, LiveMessage } from '@hatchery/events';
import { aChild, aUsage } from '../../test-support/fake-forker.ts';
import { clientBufferBytesMax, usageHeldAboveBytes } from '../limits.ts';
import { LiveLog } from '../read-model/live-log.ts';
import { Broadcast } from './broadcast.ts';
import type { LiveSocket } from './live-client.ts';

const feed = {
  up: true,
  since: '2026-11-21T00:00:00.000Z',
  heardAt: '2026-11-21T00:00:00.000Z',
} as const;
const server = { hz: 4, role: 'viewer', build: '', host: '', drainTimeoutS: 600, feed } as const;
const hello = { type: 'hello', epoch: 'e', serverTime: '', ...server } as const;
const newcomer = { epoch: '', seq: 0, round: 0 };

class FakeSocket implements LiveSocket {
  bufferedBytes = 0;
  frames: Buffer[] = [];
  closed: number | null = null;

  send(frame: Buffer): void {
    this.frames.push(frame);
  }

  close(code: number): void {
    this.closed = code;
  }

  /** The messages since the last look. */
  take(): LiveMessage[] {
    return this.frames.splice(0).map((frame) => JSON.parse(frame.toString()) as LiveMessage);
  }
}

function stage() {
  const log = new LiveLog({ epoch: 'e', eventsKept: 100 });
  let now = 0;
  const broadcast = new Broadcast(log, () => now);
  const fold = (body: object): void => {
    const told = log.fold({ type: 'event', event: { ...body, seq: 0, at: '' } } as FeedMessage);
    if (told !== null) broadcast.publish(told);
  };
  const usage = (id: string, cpu: number): void => {
    fold({ kind: 'child.usage', samples: [{ id, usage: aUsage(cpu) }] });
    const round = log.closeRound();
    if (round?.type === 'usage') broadcast.publishUsage(round);
  };
  const join = (): { socket: FakeSocket; client: ReturnType<Broadcast['add']> } => {
    const socket = new FakeSocket();
    const client = broadcast.add(socket, hello);
    broadcast.resume(client, newcomer);
    socket.take();
    return { socket, client };
  };
  return {
    log,
    broadcast,
    join,
    usage,
    spawn: (id: string) => fold({ kind: 'child.spawned', child: aChild(id) }),
    pass: (ms: number) => (now += ms),
    beat: () => broadcast.beat('', feed),
  };
}

const types = (messages: readonly LiveMessage[]): string[] =>
  messages.map((message) => message.type);

test('a browser gets a greeting, and nothing more until it says what it knows', () => {
  const { broadcast, spawn, beat } = stage();
  const socket = new FakeSocket();
  const client = broadcast.add(socket, hello);
  spawn('c1');
  beat();
  assert.deepEqual(types(socket.take()), ['hello']);
  broadcast.resume(client, newcomer);
  assert.deepEqual(types(socket.take()), ['snapshot']);
});

test('all browsers get exactly the same bytes', () => {
  const { join, spawn } = stage();
  const [one, two] = [join(), join()];
  spawn('c1');
  assert.equal(one.socket.frames.length, 1);
  assert.equal(one.socket.frames[0], two.socket.frames[0]);
});

test('a browser that falls behind gets events at once, and its usage merged once it has caught up', () => {
  const { join, spawn, usage, beat } = stage();
  const { socket } = join();
  spawn('c1');
  socket.take();
  socket.bufferedBytes = usageHeldAboveBytes + 1;
  usage('c1', 10);
  usage('c1', 20);
  spawn('c2');
  beat();
  assert.deepEqual(types(socket.take()), ['event']);
  socket.bufferedBytes = 0;
  usage('c1', 30);
  const [merged, ...rest] = socket.take();
  assert.ok(merged?.type === 'usage');
  assert.deepEqual([merged.after, merged.round, merged.samples.length], [0, 3, 1]);
  assert.deepEqual(rest, []);
});

test('a browser whose usage was held gets it with the next beat, even if nothing changes any more', () => {
  const { join, spawn, usage, beat } = stage();
  const { socket } = join();
  spawn('c1');
  socket.bufferedBytes = usageHeldAboveBytes + 1;
  usage('c1', 10);
  socket.bufferedBytes = 0;
  socket.take();
  beat();
  assert.deepEqual(types(socket.take()), ['usage', 'heartbeat']);
});

test('a browser that does not read is closed with 4008, once, and costs nothing more', () => {
  const { broadcast, join, spawn } = stage();
  const { socket } = join();
  socket.bufferedBytes = 2 * clientBufferBytesMax;
  spawn('c1');
  spawn('c2');
  assert.equal(socket.closed, 4008);
  assert.deepEqual(socket.take(), []);
  assert.equal(broadcast.tooSlowTotal, 1);
});

test('a browser that keeps asking is answered once a second', () => {
  const { broadcast, join, spawn, pass, beat } = stage();
  const { socket, client } = join();
  for (let time = 0; time < 50; time += 1) broadcast.resume(client, newcomer);
  spawn('c1');
  assert.deepEqual(socket.take(), [], 'what happens meanwhile is part of the answer');
  pass(1_000);
  beat();
  assert.deepEqual(types(socket.take()), ['snapshot', 'event', 'heartbeat']);
});

test('a heartbeat never claims more than the browser received', () => {
  const { join, spawn, usage, beat, log } = stage();
  const { socket } = join();
  spawn('c1');
  usage('c1', 5);
  beat();
  const heartbeat = socket.take().at(-1);
  assert.ok(heartbeat?.type === 'heartbeat');
  assert.deepEqual(
    { epoch: heartbeat.epoch, seq: heartbeat.seq, round: heartbeat.round },
    log.position,
  );
});

test('browsers that connect together share the bytes of one snapshot, and each gets the events since', () => {
  const { log, broadcast, spawn } = stage();
  spawn('c1');
  const [one, two] = [new FakeSocket(), new FakeSocket()];
  broadcast.resume(broadcast.add(one, hello), newcomer);
  spawn('c2');
  broadcast.resume(broadcast.add(two, hello), newcomer);
  assert.equal(two.frames[1], one.frames[1], 'the very same buffer');
  const [, snapshot, event] = two.take();
  assert.ok(snapshot?.type === 'snapshot' && event?.type === 'event');
  assert.deepEqual([snapshot.seq, event.event.seq], [log.position.seq - 1, log.position.seq]);
});

test('a browser that gets a shared snapshot gets the usage since with the next round, all the same bytes', () => {
  const { broadcast, spawn, usage } = stage();
  spawn('c1');
  const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()] as const;
  const [first, ...late] = sockets;
  broadcast.resume(broadcast.add(first, hello), newcomer);
  usage('c1', 10);
  for (const socket of late) broadcast.resume(broadcast.add(socket, hello), newcomer);
  const stalled = late[1];
  stalled.bufferedBytes = usageHeldAboveBytes + 1;
  assert.deepEqual(
    types(stalled.take()),
    ['hello', 'snapshot'],
    'one that does not read costs nothing of its own',
  );
  usage('c1', 20);
  const [, , merged] = late[0].take();
  assert.ok(merged?.type === 'usage');
  assert.deepEqual([merged.after, merged.round, merged.samples[0]?.usage.cpuPercent], [0, 2, 20]);
  stalled.bufferedBytes = 0;
  const others = [stalled, new FakeSocket()];
  broadcast.resume(broadcast.add(others[1]!, hello), newcomer);
  others[1]!.frames = [];
  usage('c1', 30);
  assert.deepEqual(
    others.map((socket) => types(socket.take())),
    [['usage'], ['usage']],
  );
});

test('browsers that resume from the same position get the same usage message', () => {
  const { broadcast, log, spawn, usage } = stage();
  spawn('c1');
  const stood = log.position;
  usage('c1', 10);
  const sockets = [new FakeSocket(), new FakeSocket()];
  for (const socket of sockets) broadcast.resume(broadcast.add(socket, hello), stood);
  assert.equal(sockets[0]?.frames[1], sockets[1]?.frames[1]);
  spawn('c2');
  const later = new FakeSocket();
  broadcast.resume(broadcast.add(later, hello), stood);
  const told = later.take().find(({ type }) => type === 'usage');
  assert.ok(
    told?.type === 'usage' && told.seq === log.position.seq,
    'what happened meanwhile is counted in',
  );
});
