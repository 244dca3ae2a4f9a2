// Long: the requests of the fork protocol, a test each.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Child } from '@hatchery/events';
import { ask, cpuSeconds, OldClient, RawClient, runSession, until } from '@hatchery/testkit';
import { readEnded, useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker();

/** The status record that `hello` logs. */
interface HelloRecord {
  readonly uptimeS: number;
  readonly childrenRunning: number;
  readonly childrenSpawned: number;
  readonly ownUsage: { readonly userCPUTime: number };
  readonly finishedUsage: {
    readonly children: number;
    readonly userMs: number;
    readonly minorFaults: number;
  };
}

async function helloRecord(): Promise<HelloRecord> {
  const logged = (): string[] =>
    [...forker().stderr.matchAll(/INFO: forker: hello (\{.*\})$/gm)].map(([, json]) => json ?? '');
  const before = logged().length;
  assert.equal(await ask(forker().socket, 'hello\n'), 'ok\nyep, still alive\n');
  return JSON.parse(await until('the record', () => logged()[before])) as HelloRecord;
}

/** Runs a session without input; the child as the state remembers it. */
async function forkAndEnd(request: string): Promise<Child | null> {
  using client = await OldClient.fork(forker().socket, request);
  client.open().endSending();
  await client.exited();
  return await readEnded(forker(), client.id);
}

describe('a request', () => {
  it('hello is answered and logs a status record', async () => {
    assert.equal(await ask(forker().socket, 'hello\n'), 'ok\nyep, still alive\n');
    assert.match(
      forker().stderr,
      /hello \{"uptimeS":\d+,"childrenRunning":0,"childrenSpawned":\d+,"ownUsage":\{/,
    );
  });

  it('hello tells what runs, what ran, and what all of it used', async () => {
    using running = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const before = await helloRecord();
    const ended = await Promise.all(
      ['fork rocks\n', 'fork whoami\n'].map((request) => forkAndEnd(request)),
    );
    const after = await helloRecord();
    assert.deepEqual(
      [after.childrenRunning, after.childrenSpawned - before.childrenSpawned],
      [1, 2],
    );
    assert.ok(after.uptimeS >= before.uptimeS);
    assert.ok(after.ownUsage.userCPUTime > 0);
    assert.equal(after.finishedUsage.children - before.finishedUsage.children, 2);
    const used = ended.reduce((sum, child) => sum + (child?.rusage?.minorFaults ?? 0), 0);
    assert.ok(used > 0);
    assert.equal(after.finishedUsage.minorFaults - before.finishedUsage.minorFaults, used);
    assert.ok(after.finishedUsage.userMs > before.finishedUsage.userMs);
    running.open().endSending();
    assert.equal(await running.exited(), 0);
  });

  it('may end its lines as a terminal does', async () => {
    assert.equal(await ask(forker().socket, 'hello\r\n'), 'ok\nyep, still alive\n');
    using client = await OldClient.fork(
      forker().socket,
      'fork-env whoami\r\nBRZ_EMAIL: Jo <jo@example.org>\r\nend\r\n',
    );
    const output = await client.open().finished();
    assert.equal(output.stdout, 'Jo <jo@example.org>\n');
  });

  it('may come one byte at a time', async () => {
    assert.equal(await ask(forker().socket, ...'hello\n'), 'ok\nyep, still alive\n');
  });

  it('that is unknown is refused with its own words', async () => {
    assert.equal(
      await ask(forker().socket, 'nonsense\n'),
      "FAILURE\nunknown request: 'nonsense\\n'\n",
    );
    assert.match(
      await ask(forker().socket, Buffer.of(0xff, 0x0a)),
      /^FAILURE\nunknown request: .*\\xff/,
    );
  });

  it('with an unbalanced quote or invalid UTF-8 is refused', async () => {
    const refused = /^FAILURE\ncommand or env parsing failed: .+\n$/;
    assert.match(await ask(forker().socket, "fork rocks 'and rolls\n"), refused);
    assert.match(
      await ask(
        forker().socket,
        Buffer.concat([Buffer.from('fork rocks '), Buffer.of(0xc3, 0x0a)]),
      ),
      refused,
    );
    assert.match(await ask(forker().socket, 'fork  \n'), refused);
  });

  it('with a line that is no variable, or a variable that is not allowed, is refused by name', async () => {
    const { socket } = forker();
    assert.match(
      await ask(socket, 'fork-env rocks\nBRZ_EMAIL=x\nend\n'),
      /^FAILURE\ncommand or env parsing failed: .*BRZ_EMAIL=x/,
    );
    assert.match(
      await ask(socket, 'fork-env rocks\nLD_PRELOAD: /x.so\nend\n'),
      /^FAILURE\n.*'LD_PRELOAD' is not allowed/,
    );
  });

  it('longer than the limit is refused before it has come whole', async () => {
    using client = await RawClient.connect(forker().socket);
    client.send(`fork ${'x'.repeat(70_000)}`);
    assert.match(await client.readToEnd(), /^FAILURE\nrequest too long/);
  });

  it('that is not complete in time is refused', async () => {
    const answers = ['hel', 'fork-env rocks\nBRZ_EMAIL: x\n', ''].map((request) =>
      ask(forker().socket, request),
    );
    for (const answer of await Promise.all(answers))
      assert.equal(answer, 'FAILURE\nrequest timed out\n');
  });

  it('that ends in EOF in its middle is refused at once', async () => {
    using client = await RawClient.connect(forker().socket);
    client.send('hel');
    client.endSending();
    assert.match(
      await client.readToEnd(),
      /^FAILURE\ncommand or env parsing failed: the connection ended/,
    );
  });

  it('for a child connect timeout wants a whole number of seconds', async () => {
    const { socket } = forker();
    for (const value of ['', ' ', ' soon', ' -1', ' 1.5', ' 999999999']) {
      assert.match(await ask(socket, `child_connect_timeout${value}\n`), /^FAILURE:.+\n$/, value);
    }
    assert.equal(await ask(socket, 'child_connect_timeout 120\n'), 'ok\n');
  });

  it('to attach to an unknown child is refused', async () => {
    assert.match(await ask(forker().socket, 'attach nobody\n'), /^FAILURE\nno child nobody/);
    assert.match(
      await ask(forker().socket, 'attach ../x\n'),
      /^FAILURE\ncommand or env parsing failed/,
    );
  });
});

describe('a client that sends EOF after its request', () => {
  // Launchpad's service read the EOF again and again, and used a whole core.
  it('is served, and costs the service no CPU time while it waits', async () => {
    using client = await RawClient.connect(forker().socket);
    client.send('fork launchpad-replay\n');
    client.endSending();
    const [, pid = ''] = await client.read(/^ok\n(\d+)\n.*\n/);
    const before = cpuSeconds(forker().pid);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.ok(cpuSeconds(forker().pid) - before < 0.7);
    process.kill(Number(pid), 'SIGKILL');
    assert.match(await client.readToEnd(), /\nexited\n9\n$/);
  });
});

describe('a command', () => {
  it('rocks', async () => {
    const result = await runSession(forker().socket, 'fork rocks\n');
    assert.deepEqual(result, { stdout: 'It sure does!\n', stderr: '', status: 0 });
  });

  it('is split into words as a shell does', async () => {
    const { stderr, status } = await runSession(forker().socket, `fork 'rocks' "a b"\n`);
    assert.match(stderr, /takes no arguments; got 'a b'/);
    assert.equal(status, 3 << 8);
  });

  it('whoami tells the BRZ_EMAIL of its request', async () => {
    const request = 'fork-env whoami\nBRZ_EMAIL: Zoë: <zoe@example.org>\nend\n';
    const { stdout } = await runSession(forker().socket, request);
    assert.equal(Buffer.from(stdout, 'latin1').toString(), 'Zoë: <zoe@example.org>\n');
  });

  it('without a variable of the request before has none of it', async () => {
    const { stderr, status } = await runSession(forker().socket, 'fork whoami\n');
    assert.match(stderr, /BRZ_EMAIL is not set/);
    assert.equal(status, 768);
  });

  // Launchpad's service took everything that ended in "end\n" for the end of the request.
  it('gets a value that ends in "end", wherever the request is cut', async () => {
    using client = await RawClient.connect(forker().socket);
    client.send('fork-env whoami\nBRZ_EMAIL: The weekend\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(client.text, '');
    client[Symbol.dispose]();
    const { stdout } = await runSession(
      forker().socket,
      'fork-env whoami\nBRZ_EMAIL: The weekend\nend\n',
    );
    assert.equal(stdout, 'The weekend\n');
  });

  it('launchpad-replay copies each line to the channel it names, at once', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer = client.open();
    peer.send('1 out\n');
    await peer.read('stdout', /^out\n$/);
    peer.send('2 err\n1 out again\n');
    await peer.read('stderr', /^err\n$/);
    await peer.read('stdout', /out again\n$/);
    peer.endSending();
    assert.equal(await client.exited(), 0);
  });

  it('launchpad-replay fails at another channel', async () => {
    const { stderr, status } = await runSession(
      forker().socket,
      'fork launchpad-replay\n',
      '3 three\n',
    );
    assert.match(stderr, /starts with '1 ' or '2 '/);
    assert.equal(status, 768);
  });

  it('lp-serve speaks the smart protocol', async () => {
    const result = await runSession(forker().socket, 'fork lp-serve --inet alice\n', 'hello\n');
    assert.deepEqual(result, { stdout: 'ok\x012\n', stderr: '', status: 0 });
  });

  it('lp-serve refuses a user whose name is a path', async () => {
    const { stderr, status } = await runSession(
      forker().socket,
      'fork lp-serve --inet ../alice\n',
      'hello\n',
    );
    assert.match(stderr, /usage: lp-serve --inet <user>/);
    assert.equal(status, 768);
  });

  it("serve is Breezy's own", async () => {
    const { stdout, status } = await runSession(
      forker().socket,
      'fork serve --inet --directory=/nowhere\n',
      'hello\n',
    );
    assert.equal(stdout, 'ok\x012\n');
    assert.equal(status, 0);
  });

  it('that Breezy does not know, or with a wrong option, fails as brz fails', async () => {
    const unknown = await runSession(forker().socket, 'fork no-such-command\n');
    assert.match(unknown.stderr, /brz: ERROR: unknown command "no-such-command"/);
    assert.equal(unknown.status, 768);
    const wrong = await runSession(forker().socket, 'fork serve --no-such-option\n');
    assert.match(wrong.stderr, /no such option/);
    assert.equal(wrong.status, 768);
  });
});
