import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Answer } from '@hatchery/protocol';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { Relay } from './relay.ts';

/** A fork service that says `say` to each client and notes what the clients do. */
class Service implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly open = new Set<Socket>();
  readonly #server;

  private constructor(say: (request: string, socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.open.add(socket);
      socket.on('error', () => undefined).on('close', () => this.open.delete(socket));
      socket.once('data', (bytes: Buffer) => {
        this.asked.push(bytes.toString());
        say(bytes.toString(), socket);
      });
    });
  }

  static async listen(
    path: string,
    say: (request: string, socket: Socket) => void,
  ): Promise<Service> {
    const service = new Service(say);
    await new Promise<void>((resolve) => service.#server.listen({ path }, resolve));
    return service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const alive = (_: string, socket: Socket): void => void socket.end('ok\nyep, still alive\n');
const silent = (): void => undefined;
const tryAgain = {
  kind: 'failure',
  reason: 'the service is being restarted: try again in a moment',
};

/** The answers to a request, and a promise of the last one. */
function heard() {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const answers: Answer[] = [];
  const reply = (answer: Answer, { last = false } = {}): void => {
    answers.push(answer);
    if (last) resolve(answer);
  };
  return { answers, reply, last: () => within('the last answer', promise) };
}

describe('the relay to a successor', () => {
  // On a slow machine the old fork service called itself, and each call made the next one: it
  // outlived its stop.
  it('connects to nobody while the path still leads to this process', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'sock');
    await using ourselves = await Service.listen(path, alive);
    await using successor = await Service.listen(`${path}.next`, alive);
    let isTaken = false;
    let looks = 0;
    using relay = new Relay(path, () => ((looks += 1), isTaken));
    const client = heard();
    relay.request({ kind: 'hello' }, client.reply);
    const exit = relay.exit('c1');
    await until('another look', () => looks > 2);
    assert.deepEqual(client.answers, []);
    await rename(`${path}.next`, path);
    isTaken = true;
    assert.deepEqual(await client.last(), { kind: 'alive' });
    await until('the question for the exit', () =>
      successor.asked.some((asked) => asked.startsWith('attach c1')),
    );
    assert.deepEqual(ourselves.asked, []);
    relay[Symbol.dispose]();
    assert.equal(await exit, null);
  });

  it('ends with its clients when the successor never comes: requests are refused, exits stay open', async () => {
    const relay = new Relay('/nowhere/sock', () => false);
    const client = heard();
    relay.request({ kind: 'hello' }, client.reply);
    const exit = relay.exit('c1');
    relay[Symbol.dispose]();
    // At once: the connections of the clients are closed next.
    assert.deepEqual(client.answers, [tryAgain]);
    assert.equal(await within('the end of the wait', exit), null);
    const late = heard();
    relay.request({ kind: 'hello' }, late.reply);
    assert.deepEqual(late.answers, [tryAgain]);
  });

  it('closes its connections to a successor that does not answer', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'sock');
    await using successor = await Service.listen(path, silent);
    const relay = new Relay(path, () => true);
    const [hello, attach] = [heard(), heard()];
    relay.request({ kind: 'hello' }, hello.reply);
    relay.request({ kind: 'attach', id: 'c2' }, attach.reply);
    const exit = relay.exit('c1');
    await until('all three questions', () => successor.asked.length === 3);
    relay[Symbol.dispose]();
    assert.deepEqual(hello.answers, [tryAgain]);
    assert.equal(await within('the end of the wait', exit), null);
    await until('the end of the connections', () => successor.open.size === 0);
    // Its client asks the next fork service, which knows the exit.
    assert.deepEqual(attach.answers, []);
  });

  it('asks again for an exit whose connection was lost, until it is disposed', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'sock');
    const child = `ok\n4194400\n${directory.path}/lp-forking-service-child-c1\n`;
    let asked = 0;
    await using successor = await Service.listen(path, (_, socket) => {
      asked += 1;
      if (asked === 1) socket.end(child);
      else socket.write(child);
    });
    const relay = new Relay(path, () => true);
    const client = heard();
    relay.request({ kind: 'attach', id: 'c1' }, client.reply);
    await until('the second question', () => successor.asked.length === 2);
    relay[Symbol.dispose]();
    await until('the end of the connections', () => successor.open.size === 0);
    assert.deepEqual(client.answers, [
      {
        kind: 'forked',
        pid: 4_194_400,
        directory: `${directory.path}/lp-forking-service-child-c1`,
      },
    ]);
  });

  it('takes an exit for unknown that the successor knows nothing of', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'sock');
    await using _successor = await Service.listen(
      path,
      (_, socket) => void socket.end('FAILURE\nno child c1\n'),
    );
    using relay = new Relay(path, () => true);
    assert.equal(await relay.exit('c1'), 255 << 8);
  });
});
