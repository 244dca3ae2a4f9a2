import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import {
  ask,
  isRunning,
  listPipeDirectories,
  listProcesses,
  OldClient,
  RawClient,
  runSession,
  until,
} from '@hatchery/testkit';
import { readEnded, readState, readZygotePid, useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker({ config: '[forker]\nmax_children = 60\nmax_children_per_user = 2\n' });

describe('a child that waits for its client', () => {
  it('has a directory for its owner alone, with three FIFOs and the name the protocol gives it', async () => {
    using client = await OldClient.fork(forker().socket, 'fork rocks\n');
    assert.match(client.directory, /\/lp-forking-service-child-[^/]+$/);
    assert.equal(statSync(client.directory).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(client.directory).sort(), ['stderr', 'stdin', 'stdout']);
    for (const name of readdirSync(client.directory))
      assert.ok(statSync(join(client.directory, name)).isFIFO());
    await client.open().finished();
    assert.equal(await client.exited(), 0);
  });

  it('removes the directory as soon as all three are connected', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer = client.open();
    await until('the directory to be gone', () => !existsSync(client.directory));
    assert.ok(isRunning(client.pid));
    peer.endSending();
    assert.equal(await client.exited(), 0);
  });

  it('may be connected in any order among others, by clients that block', async () => {
    const clients = await Promise.all(
      [1, 2, 3].map(() => OldClient.fork(forker().socket, 'fork launchpad-replay\n')),
    );
    const outputs = clients.toReversed().map(async (client, index) => {
      const peer = client.open();
      peer.send(`1 ${index}\n2 ${index}\n`);
      peer.endSending();
      return peer.finished();
    });
    assert.deepEqual(
      await Promise.all(outputs),
      [0, 1, 2].map((index) => ({ stdout: `${index}\n`, stderr: `${index}\n` })),
    );
    assert.deepEqual(await Promise.all(clients.map((client) => client.exited())), [0, 0, 0]);
    for (const client of clients) client[Symbol.dispose]();
  });

  it('dies of SIGALRM when nobody comes, and the service removes its directory', async () => {
    const { socket } = forker();
    assert.equal(await ask(socket, 'child_connect_timeout 1\n'), 'ok\n');
    using client = await OldClient.fork(socket, 'fork rocks\n');
    using other = await OldClient.fork(socket, 'fork rocks\n');
    assert.equal(await client.exited(), 14);
    assert.equal(await other.exited(), 14);
    assert.ok(!existsSync(client.directory));
    assert.match(forker().stderr, /WARN.*a dead child left its pipes behind/);
    assert.equal((await readEnded(forker(), client.id))?.exit?.signal, 'SIGALRM');
    assert.equal(await ask(socket, 'child_connect_timeout 120\n'), 'ok\n');
  });

  it('is refused no time at all, not given forever', async () => {
    const { socket } = forker();
    assert.equal(await ask(socket, 'child_connect_timeout 0\n'), 'ok\n');
    using client = await OldClient.fork(socket, 'fork rocks\n');
    assert.equal(await client.exited(), 14);
    assert.equal(await ask(socket, 'child_connect_timeout 120\n'), 'ok\n');
  });

  it('keeps the timeout it was forked with', async () => {
    const { socket } = forker();
    using client = await OldClient.fork(socket, 'fork rocks\n');
    assert.equal(await ask(socket, 'child_connect_timeout 0\n'), 'ok\n');
    await client.open().finished();
    assert.equal(await client.exited(), 0);
    assert.equal(await ask(socket, 'child_connect_timeout 120\n'), 'ok\n');
  });

  it('is ended when its client left before the answer, for nobody will ever come', async () => {
    const ended = (await readState(forker())).finishedUsage.children;
    const client = await RawClient.connect(forker().socket);
    client.send('fork rocks\n');
    await until(
      'the request to be on its way',
      () => new Promise((resolve) => setImmediate(resolve, true)),
    );
    client[Symbol.dispose]();
    await until(
      'the child to end',
      async () => (await readState(forker())).finishedUsage.children === ended + 1,
    );
    assert.deepEqual(listPipeDirectories(dirname(forker().socket)), []);
  });
});

describe('a child that serves', () => {
  it('goes on when its requester leaves', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer = client.open();
    peer.send('1 one\n');
    await peer.read('stdout', /one/);
    client.leave();
    peer.send('1 two\n');
    await peer.read('stdout', /two/);
    peer.endSending();
    assert.equal((await peer.finished()).stdout, 'one\ntwo\n');
  });

  it('has its pipes and its channel to the keeper, and no other descriptor', async () => {
    using waiting = await OldClient.fork(forker().socket, 'fork rocks\n');
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    using peer = client.open();
    peer.send('1 ready\n');
    await peer.read('stdout', /ready/);
    const directory = `/proc/${client.pid}/fd`;
    const names = readdirSync(directory).sort((a, b) => Number(a) - Number(b));
    const targets = names.map((name) => readlinkSync(join(directory, name)));
    assert.deepEqual(names.slice(0, 3), ['0', '1', '2']);
    assert.deepEqual(
      targets.slice(0, 3),
      ['stdin', 'stdout', 'stderr'].map((name) => `${join(client.directory, name)} (deleted)`),
    );
    assert.equal(targets.length, 4);
    assert.match(targets[3] ?? '', /^socket:/);
    process.kill(waiting.pid, 'SIGKILL');
    peer.endSending();
    assert.equal(await client.exited(), 0);
    assert.equal(await waiting.exited(), 9);
  });

  it('leads a session and a process group of its own, and has the operator’s umask with nothing for other accounts', async () => {
    using client = await OldClient.fork(forker().socket, 'fork rocks\n');
    const stat = readFileSync(`/proc/${client.pid}/stat`, 'utf8');
    const [, parent, group, session] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const { keeper } = await readState(forker());
    assert.deepEqual([parent, group, session], [keeper.pid, client.pid, client.pid]);
    const [own, theirs] = [process.pid, client.pid].map((pid) =>
      Number.parseInt(
        /^Umask:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '',
        8,
      ),
    );
    assert.equal(theirs, (own ?? 0) | 0o007);
    await client.open().finished();
  });

  it('that is killed is reported with the raw status, and leaves no zombie', async () => {
    for (const [signal, number] of [
      ['SIGTERM', 15],
      ['SIGKILL', 9],
      ['SIGHUP', 1],
    ] as const) {
      using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
      using peer = client.open();
      await until('the pipes to be connected', () => !existsSync(client.directory));
      process.kill(client.pid, signal);
      assert.equal(await client.exited(), number);
      await peer.finished();
      const ended = await readEnded(forker(), client.id);
      assert.equal(ended?.exit?.signal, signal);
      assert.ok(ended.rusage !== null && ended.rusage.maxRssBytes > 0);
    }
    const parents = [(await readState(forker())).keeper.pid, await readZygotePid(forker())];
    const zombies = (): unknown[] =>
      listProcesses().filter(
        ({ parentPid, state }) => parents.includes(parentPid) && state === 'Z',
      );
    await until('no zombie', () => zombies().length === 0);
  });

  it('ends when its client is gone', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer = client.open();
    peer.send('1 x\n');
    await peer.read('stdout', /x/);
    peer[Symbol.dispose]();
    assert.equal(await client.exited(), 0);
  });

  it('never shows in the state what it was not given', async () => {
    using client = await OldClient.fork(
      forker().socket,
      'fork-env launchpad-replay\nHATCHERY_USER: carol\nHATCHERY_PEER: 192.0.2.1:50022\nend\n',
    );
    const child = (await readState(forker())).view.children[client.id];
    assert.deepEqual(
      [child?.pid, child?.user, child?.peer, child?.command, child?.state],
      [client.pid, 'carol', '192.0.2.1:50022', 'launchpad-replay', 'waiting'],
    );
    using peer = client.open();
    await until(
      'running',
      async () => (await readState(forker())).view.children[client.id]?.state === 'running',
    );
    peer.endSending();
    assert.equal(await client.exited(), 0);
  });
});

describe('many children', () => {
  it('come from a burst of forty requests at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, () => runSession(forker().socket, 'fork rocks\n')),
    );
    assert.deepEqual(
      results,
      results.map(() => ({ stdout: 'It sure does!\n', stderr: '', status: 0 })),
    );
  });

  it('of one user are refused beyond the limit, and others are not', async () => {
    const request = 'fork lp-serve --inet bob\n';
    using first = await OldClient.fork(forker().socket, request);
    using second = await OldClient.fork(forker().socket, request);
    const refusal =
      'FAILURE\nbob has 2 of 2 sessions in use (max_children_per_user); end one, or try again in a minute\n';
    assert.equal(await ask(forker().socket, request), refusal);
    assert.equal(
      (await runSession(forker().socket, 'fork lp-serve --inet dora\n', 'hello\n')).stdout,
      'ok\x012\n',
    );
    for (const client of [first, second]) {
      client.open().endSending();
      assert.equal(await client.exited(), 0);
    }
    assert.equal((await runSession(forker().socket, request, 'hello\n')).status, 0);
  });
});
