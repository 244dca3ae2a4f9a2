import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import { OldClient, runSession } from '@hatchery/testkit';
import { readEnded, readZygotePid, useOneForker } from './one-forker.test-support.ts';

const mebibyte = 1024 ** 2;

/** A session of this user that keeps what it is sent, for it waits for the end of the line. */
async function startSession(socket: string, user: string): Promise<OldClient> {
  return OldClient.fork(socket, `fork-env launchpad-replay\nHATCHERY_USER: ${user}\nend\n`);
}

function oomScore(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
}

describe('memory', () => {
  const forker = useOneForker({ config: '[limits]\nuser_memory_bytes = 67108864\n' });

  it('of a user over all sessions: the largest ends, its user can be told why, and others go on', async () => {
    using small = await startSession(forker().socket, 'alice');
    using large = await startSession(forker().socket, 'alice');
    using other = await startSession(forker().socket, 'bob');
    const [smallPeer, largePeer, otherPeer] = [small.open(), large.open(), other.open()];
    otherPeer.send(`1 ${'x'.repeat(8 * mebibyte)}`);
    smallPeer.send(`1 ${'x'.repeat(4 * mebibyte)}`);
    largePeer.send(`1 ${'x'.repeat(80 * mebibyte)}`);
    assert.equal(await large.exited(), 9);
    const path = `/v1/children/${large.id}/ending`;
    const { cause, line } = (await controlRequest(forker().controlSocket, 'GET', path)) as {
      cause: string;
      line: string;
    };
    assert.match(
      cause,
      /^limit user_memory_bytes: 2 sessions of alice had \d+ MiB of memory; all of a user's together may have 64 MiB$/,
    );
    assert.match(
      line,
      /^hatchery: 2 sessions of alice had \d+ MiB .*; do less at a time, or ask the operator/,
    );
    assert.equal((await readEnded(forker(), large.id))?.exit?.signal, 'SIGKILL');
    for (const [client, peer] of [
      [small, smallPeer],
      [other, otherPeer],
    ] as const) {
      peer.send('\n');
      peer.endSending();
      await peer.finished();
      assert.equal(await client.exited(), 0);
    }
  });

  it('is taken by the kernel from sessions first, then from the zygote, and last from the service', async () => {
    using session = await startSession(forker().socket, 'alice');
    const peer = session.open();
    peer.send('1 x\n');
    await peer.read('stdout', /x\n/);
    const zygote = await readZygotePid(forker());
    assert.deepEqual([oomScore(session.pid), oomScore(zygote)], [1000, 500]);
    const lowered =
      spawnSync('/bin/sh', ['-c', 'echo -900 >/proc/self/oom_score_adj'], { stdio: 'ignore' })
        .status === 0;
    // Only root may, and not in every container.
    assert.equal(oomScore(forker().pid), lowered ? -900 : oomScore(process.pid));
    peer.endSending();
    await peer.finished();
    assert.equal(await session.exited(), 0);
  });
});

describe('CPU time', () => {
  const forker = useOneForker({ config: '[limits]\ncpu_s = 1\n' });

  it('that is used up ends the session, and is named as the cause', async () => {
    using session = await startSession(forker().socket, 'alice');
    const peer = session.open();
    const lines = '1 \n'.repeat(20_000);
    const ended = session.exited();
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      peer.send(lines);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(await ended, 24);
    const path = `/v1/children/${session.id}/ending`;
    const { cause } = (await controlRequest(forker().controlSocket, 'GET', path)) as {
      cause: string;
    };
    assert.match(cause, /^limit cpu_s: /);
    assert.equal((await runSession(forker().socket, 'fork rocks\n')).status, 0);
  });
});
