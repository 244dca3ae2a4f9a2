import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'ssh2';
import { until, within } from '@hatchery/testkit';
import { SendGate } from '../ssh/channels/send-gate.ts';
import { OutputPump } from './output-pump.ts';

const limits = { outputBufferBytesMax: 100, outputsDeadlineMs: 20, pipeBytesMax: 1000 };

/** A client that takes a chunk only when told to. */
class SlowClient extends Writable {
  readonly taken: Buffer[] = [];
  #waiting: (() => void) | null = null;
  open = false;

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.taken.push(chunk);
    if (this.open) callback();
    else this.#waiting = callback;
  }

  takeOne(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  takeAll(): void {
    this.open = true;
    this.takeOne();
  }
}

/** The part of a socket that a gate needs. */
class FakeSocket extends EventEmitter {
  writableLength = 0;
}

/** The part of an ssh2 connection that a gate needs. */
class FakeConnection extends EventEmitter {
  readonly _sock = new FakeSocket();
  readonly _protocol: { _kexinit: Buffer | undefined } = { _kexinit: undefined };
}

interface PumpStand {
  readonly source: PassThrough;
  readonly client: SlowClient;
  readonly connection: FakeConnection;
  readonly pump: OutputPump;
}

function stand(): PumpStand {
  const source = new PassThrough({ highWaterMark: 10 });
  const client = new SlowClient({ highWaterMark: 1 });
  const connection = new FakeConnection();
  const gate = new SendGate(connection as unknown as Connection, 1000);
  return { source, client, connection, pump: new OutputPump(source, client, gate, limits) };
}

test('trap D: the pump reads no more than a client may have in flight', async () => {
  const { source, client, pump } = stand();
  for (let chunk = 0; chunk < 20; chunk++) source.write(Buffer.alloc(50));
  await until('the pump to pause', () => source.isPaused());
  assert.equal(pump.bytes, 100);
  client.takeAll();
  await until('the rest', () => pump.bytes === 1000);
  source.end();
  await within('the drain', pump.drained);
});

test('trap D: the pump reads nothing while the connection’s socket is full', async () => {
  const { source, client, connection, pump } = stand();
  const { _sock: socket } = connection;
  client.takeAll();
  socket.writableLength = 1000;
  source.write('a');
  await until('the pump to pause', () => source.isPaused());
  source.write('b');
  socket.writableLength = 0;
  socket.emit('drain');
  await until('the rest', () => pump.bytes === 2);
  source.end();
  await within('the drain', pump.drained);
});

test('trap D: the pump reads nothing during a key exchange, nor right after it if the socket is full', async () => {
  const { source, client, connection, pump } = stand();
  client.takeAll();
  connection._protocol._kexinit = Buffer.alloc(1);
  source.write('a');
  await until('the pump to pause', () => source.isPaused());
  connection._sock.emit('drain');
  assert.equal(source.isPaused(), true);
  connection._protocol._kexinit = undefined;
  connection._sock.writableLength = 1000;
  connection.emit('rekey');
  assert.equal(source.isPaused(), true);
  connection._sock.writableLength = 0;
  connection._sock.emit('drain');
  source.end('b');
  await within('the drain', pump.drained);
  assert.equal(pump.bytes, 2);
});

test('the output is drained only when the client has taken the last chunk', async () => {
  const { source, client, pump } = stand();
  let drained = false;
  void pump.drained.then(() => (drained = true));
  source.end('last');
  await until('the chunk to be offered', () => client.taken.length === 1);
  await delay(20);
  assert.equal(drained, false);
  client.takeAll();
  await within('the drain', pump.drained);
});

test('the deadline after the child’s exit costs a slow client no data', async () => {
  const { source, client, pump } = stand();
  for (let chunk = 0; chunk < 10; chunk++) source.write(Buffer.alloc(50, chunk));
  await until('the pump to pause', () => source.isPaused());
  pump.limit();
  await delay(10 * limits.outputsDeadlineMs);
  client.takeAll();
  await within('the drain', pump.drained);
  assert.equal(Buffer.concat(client.taken).length, 500);
});

test('an output that stays open after the child’s exit is cut off', async () => {
  const { source, client, pump } = stand();
  client.takeAll();
  source.write('bytes');
  pump.limit();
  await within('the drain', pump.drained);
  assert.equal(Buffer.concat(client.taken).toString(), 'bytes');
  assert.equal(source.destroyed, true);
});

test('an output that never ends after the child’s exit is cut off even if the client is slow', async () => {
  const { source, client, pump } = stand();
  pump.limit();
  const grandchild = setInterval(() => source.destroyed || source.write(Buffer.alloc(60)), 1);
  const slowly = setInterval(() => client.takeOne(), 1);
  await within('the drain', pump.drained);
  clearInterval(grandchild);
  clearInterval(slowly);
});

test('an output whose client has gone is read to its end', async () => {
  const { source, pump } = stand();
  for (let chunk = 0; chunk < 20; chunk++) source.write(Buffer.alloc(50));
  await until('the pump to pause', () => source.isPaused());
  pump.detach();
  source.end();
  await within('the drain', pump.drained);
  assert.equal(pump.bytes, 1000);
});
