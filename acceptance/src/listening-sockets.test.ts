import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Client } from '../test-support/client.ts';
import { greeting, kill, unusedPort } from '../test-support/greeting.ts';
import { configText, type Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { start, until } from '../test-support/run.ts';
import { statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

const trunk = '~demo/sample/trunk';

let instance: Instance;
let client: Client;

useInstanceForEach((started) => {
  ({ instance, client } = started);
});

test('through restarts every client that connects is served: none is refused, none is reset', async () => {
  const { port } = instance.ready.ssh;
  const knocking = Array.from({ length: 8 }, () => new Knocking(() => greeting(port)));
  const visiting = new Knocking(visit);
  for (let turn = 0; turn < 3; turn += 1) assertDone(await instance.hatchery('restart'));
  const counts = await Promise.all([...knocking, visiting].map((one) => one.end()));
  assert.ok(
    counts.every((count) => count > 20),
    String(counts),
  );
});

test('after a gateway or a page is killed, new clients wait and are served on the same port, also during a restart', async () => {
  const { port } = instance.ready.ssh;
  for (let turn = 0; turn < 2; turn += 1) {
    await kill(await instance.partPid('ssh-gateway'));
    // At once while there are no sessions; with a session, until it ends.
    await client.brz('revision-history', instance.url(trunk));
    await kill(await instance.partPid('dashboard'));
    await visit();
  }
  const killed = await instance.partPid('ssh-gateway');
  const restarting = start(join(import.meta.dirname, '../../hatchery'), [
    'restart',
    '--config',
    instance.config,
  ]);
  await until('the new gateway to be under way', () =>
    restarting.stdout().includes('starting ssh-gateway'),
  );
  await kill(killed);
  await Promise.all([1, 2, 3].map(() => client.brz('revision-history', instance.url(trunk))));
  assertDone(await restarting.outcome);
  const next = await instance.partPid('ssh-gateway');
  await kill(next);
  await greeting(port);
  await until('another gateway', async () => {
    const gateway = (await statusOf(instance)).parts.find(({ name }) => name === 'ssh-gateway');
    return gateway?.state === 'ready' && gateway.pid !== next;
  });
  await client.brz('revision-history', instance.url(trunk));
});

test('a restart moves to another address: the old one is closed, and its sessions continue', async () => {
  const { port } = instance.ready.ssh;
  const session = await openSession(instance);
  const free = await unusedPort();
  const socket = join(instance.directory, 'proxy.sock');
  const moved = (address: string, extra: string): string =>
    configText(instance.directory, extra).replace(
      'listen = "127.0.0.1:0"',
      `listen = "${address}"`,
    );

  // The same port on all addresses: the kernel allows both, and the old one closes afterwards.
  writeFileSync(instance.config, moved(`0.0.0.0:${port}`, `proxy_socket = "${socket}"\n`));
  assertDone(await instance.hatchery('restart'));
  await greeting(port);
  assert.ok(existsSync(socket));

  writeFileSync(instance.config, moved(`127.0.0.1:${free}`, ''));
  assertDone(await instance.hatchery('restart'));
  await greeting(free);
  await until('the old port to be closed', () => greeting(port).then(() => false, isRefusal));
  assert.equal(existsSync(socket), false);

  // An address that cannot be bound changes nothing.
  writeFileSync(instance.config, moved('192.0.2.1:5022', ''));
  assertRefused(
    await instance.hatchery('restart'),
    1,
    /^hatchery: restart: 192\.0\.2\.1 is not an address of this/m,
  );
  await greeting(free);
  session.say('hello\n');
  await until('an answer', () => session.running.stdout() === 'ok\x012\n');

  // A stop waits for the session, and refuses new clients meanwhile.
  writeFileSync(instance.config, moved('127.0.0.1:0', ''));
  const stopping = instance.hatchery('stop');
  await until('the port to be closed', () => greeting(free).then(() => false, isRefusal));
  session.end();
  assertDone(await session.running.outcome);
  assertDone(await stopping);
});

/**
 * Asks the page as a new client: a kept-alive connection could be one to a page that was killed.
 */
async function visit(): Promise<void> {
  const { status } = await fetch(new URL('/healthz', instance.ready.dashboard), {
    headers: { connection: 'close' },
  });
  assert.equal(status, 200);
}

/** Repeats an action, which must succeed each time. */
class Knocking {
  #isOver = false;
  readonly #running: Promise<number>;

  constructor(knock: () => Promise<void>) {
    this.#running = this.#run(knock);
    this.#running.catch(() => undefined);
  }

  /** Stops, and returns how often the action ran. */
  end(): Promise<number> {
    this.#isOver = true;
    return this.#running;
  }

  async #run(knock: () => Promise<void>): Promise<number> {
    let count = 0;
    for (; !this.#isOver; count += 1) await knock();
    return count;
  }
}

function isRefusal(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNREFUSED';
}
