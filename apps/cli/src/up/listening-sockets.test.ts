import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Address, type Config } from '@hatchery/config';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { ListeningSockets } from './listening-sockets.ts';
import { wantedSockets } from './wanted-sockets.ts';

const free = '127.0.0.1:0';

function configOf(directory: string, ssh: string, proxySocket: string | null = null): Config {
  const config = loadConfig({ stateDirectory: directory, directory });
  const [host = '', port] = ssh.split(':');
  return {
    ...config,
    ssh: { ...config.ssh, listen: { host, port: Number(port) } },
    dashboard: {
      ...config.dashboard,
      listen: { host: '127.0.0.1', port: 0 },
      proxy: { ...config.dashboard.proxy, socket: proxySocket },
    },
  };
}

/** A process that takes connections of the first socket of a name, and says a word to each. */
class Part implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async start(sockets: ListeningSockets, name: string, word: string): Promise<Part> {
    const server = `require('net').createServer((s) => s.on('error', () => {}).end(${JSON.stringify(word)}))`;
    const program = `${server}.listen({ fd: 3 }, () => console.log('listens'))`;
    const child = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit', fdOf(sockets, name)],
    });
    await within('the part to listen', once(child.stdout as NodeJS.ReadableStream, 'data'));
    return new Part(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

test('who connects when nobody listens any more waits for the next part, on the same port', async () => {
  using directory = temporaryDirectory();
  using sockets = await ListeningSockets.open(configOf(directory.path, free), [], false);
  const place = placeOf(sockets, 'ssh');
  await assert.rejects(hear(place), { code: 'ECONNREFUSED' }, 'nobody has listened yet');
  const first = await Part.start(sockets, 'ssh', 'first');
  assert.equal(await hear(place), 'first');
  await first[Symbol.asyncDispose]();
  const waiting = [hear(place), hear(place)];
  await using _second = await Part.start(sockets, 'ssh', 'second');
  assert.deepEqual(await within('both to be served', Promise.all(waiting)), ['second', 'second']);
});

test('an address that somebody else has is refused with the setting to change, and nothing stays open', async () => {
  using directory = temporaryDirectory();
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  const before = openDescriptors();
  try {
    const taken = new RegExp(
      `127\\.0\\.0\\.1:${port} is taken by another process .*; stop it or set ssh\\.listen in`,
    );
    await assert.rejects(
      ListeningSockets.open(configOf(directory.path, `127.0.0.1:${port}`), [], false),
      taken,
    );
    using sockets = await ListeningSockets.open(configOf(directory.path, free), [], false);
    const { port: own } = placeOf(sockets, 'ssh');
    await assert.rejects(
      sockets.replacement(wantedSockets(configOf(directory.path, `127.0.0.1:${port}`))),
      taken,
    );
    assert.equal(placeOf(sockets, 'ssh').port, own);
  } finally {
    other.close();
    await once(other, 'close');
  }
  await until('all to be closed', () => openDescriptors() < before);
});

test('another configuration keeps what serves it, opens the rest, and what is left is closed', async () => {
  using directory = temporaryDirectory();
  using sockets = await ListeningSockets.open(configOf(directory.path, free), [], false);
  const { port } = placeOf(sockets, 'ssh');
  const [ssh, page] = [fdOf(sockets, 'ssh'), fdOf(sockets, 'page')];
  // A port that the configuration leaves to the system, and the same one by its number.
  for (const same of [free, `127.0.0.1:${port}`]) {
    const next = await sockets.replacement(wantedSockets(configOf(directory.path, same)));
    assert.deepEqual([fdOf(next, 'ssh'), fdOf(next, 'page')], [ssh, page]);
  }
  await using _old = await Part.start(sockets, 'ssh', 'old');
  using next = await sockets.replacement(
    wantedSockets(configOf(directory.path, `0.0.0.0:${port}`)),
  );
  assert.notEqual(fdOf(next, 'ssh'), ssh);
  assert.equal(fdOf(next, 'page'), page);
  assert.equal(placeOf(next, 'ssh').port, port);
  sockets.closeBut(next);
  assert.equal(await hear({ host: '127.0.0.1', port }), 'old', 'the part has it still');
});

test('what systemd has opened stays, whatever the configuration says', async () => {
  using directory = temporaryDirectory();
  using given = await ListeningSockets.open(configOf(directory.path, free), [], false);
  const fd = fdOf(given, 'ssh');
  const sockets = await ListeningSockets.open(
    configOf(directory.path, '192.0.2.1:22'),
    [{ name: 'ssh', fd }],
    false,
  );
  assert.equal(fdOf(sockets, 'ssh'), fd);
  const next = await sockets.replacement(wantedSockets(configOf(directory.path, '192.0.2.2:22')));
  assert.equal(fdOf(next, 'ssh'), fd);
  // The descriptor is one of the first set, which closes it.
  for (const { name, close } of next.all) if (name !== 'ssh') close();
  await assert.rejects(
    ListeningSockets.open(configOf(directory.path, free), [{ name: 'hatchery.socket', fd }], false),
    /called 'hatchery\.socket' and takes ssh, status, page, proxy; set FileDescriptorName=/,
  );
});

test('the socket of a proxy is found when its part listens, belongs to the group, and is gone with its supervisor', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'proxy.sock');
  {
    using sockets = await ListeningSockets.open(configOf(directory.path, free, path), [], false);
    assert.ok(!existsSync(path), 'nobody listens');
    await using _part = await Part.start(sockets, 'proxy', 'page');
    sockets.settle();
    sockets.settle();
    assert.equal(statSync(path).mode & 0o777, 0o660);
    assert.equal(await hear(path), 'page');
    const again = ListeningSockets.open(configOf(directory.path, free, path), [], false);
    await assert.rejects(
      again,
      /proxy_socket under \[dashboard\], .*: a running service answers there; stop it/,
    );
    // Another path: the old one goes with what has it.
    const elsewhere = `${path}-2`;
    using next = await sockets.replacement(
      wantedSockets(configOf(directory.path, free, elsewhere)),
    );
    next.settle();
    sockets.closeBut(next);
    assert.deepEqual([existsSync(path), existsSync(elsewhere)], [false, true]);
  }
  assert.deepEqual(
    readdirSync(directory.path).filter((name) => name.includes('sock') || name.startsWith('.')),
    [],
  );
});

function fdOf(sockets: ListeningSockets, wanted: string): number {
  return sockets.all.find(({ name }) => name === wanted)?.fd ?? assert.fail(`no socket ${wanted}`);
}

function placeOf(sockets: ListeningSockets, wanted: string): Address {
  return sockets.all.find(({ name }) => name === wanted)?.place as Address;
}

/** What a server says. */
async function hear(place: Address | string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = typeof place === 'string' ? connect(place) : connect(place.port, place.host);
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  socket.on('error', reject).on('close', () => resolve(said));
  return promise;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
