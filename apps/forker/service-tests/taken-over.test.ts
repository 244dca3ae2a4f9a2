import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRunning, OldClient, runSession, until } from '@hatchery/testkit';
import type { PipePeer } from '@hatchery/testkit';
import { readEnded, readState, useOneForker } from './one-forker.test-support.ts';

const thief = fileURLToPath(new URL('fixtures/steal_channel.py', import.meta.url));

/** Speaks on the channel of a session from another process. */
function steal(pid: number, ...packets: string[]): number {
  return Number(
    execFileSync('/usr/bin/python3', [thief, `${pid}`, ...packets], { encoding: 'utf8' }),
  );
}

/** What would be believed of the keeper or its zygote, or fails whoever reads it. */
const hostile: readonly [what: string, packet: string][] = [
  ['nothing at all', '{}'],
  ['a start without a pid', '{"event":"started"}'],
  ['a log without a text', '{"event":"log"}'],
  ['deep nesting', '['.repeat(100_000)],
  ['a number without an end', `{"event":"lock","atS":${'9'.repeat(5_000)}}`],
  ['an exit', '{"event":"exited","id":"x","pid":1,"status":0}'],
  [
    'a zygote that fails',
    '{"event":"zygote.failed","step":"x","message":"y","stderr":[],"attempts":1,"failedAtMs":1,"retryInMs":1,"servingPid":null}',
  ],
  ['a zygote that dies', '{"event":"zygote.died","status":9,"cause":"so"}'],
  ['a crash', 'Fatal Python error: '],
];

describe('a session that has been taken over', () => {
  const forker = useOneForker();

  /** Sessions of other users, which must not notice. */
  async function withBystander(story: () => Promise<void>): Promise<void> {
    using other = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer: PipePeer = other.open();
    peer.send('1 before\n');
    await peer.read('stdout', /before\n/);
    const { keeper } = await readState(forker());
    await story();
    peer.send('1 after\n');
    peer.endSending();
    assert.deepEqual(await peer.finished(), { stdout: 'before\nafter\n', stderr: '' });
    assert.equal(await other.exited(), 0);
    const after = await readState(forker());
    assert.deepEqual(
      [after.keeper.pid, after.keeper.trouble, after.view.zygote.state],
      [keeper.pid, null, 'ready'],
    );
    assert.equal((await runSession(forker().socket, 'fork rocks\n')).status, 0);
  }

  for (const [what, packet] of hostile) {
    it(`that says ${what} is killed, alone, and history says why`, async () => {
      await withBystander(async () => {
        using victim = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
        const peer = victim.open();
        peer.send('1 x\n');
        await peer.read('stdout', /x\n/);
        assert.ok(steal(victim.pid, packet) >= 1);
        assert.equal(await victim.exited(), 9);
        const ended = await readEnded(forker(), victim.id);
        assert.equal(ended?.exit?.signal, 'SIGKILL');
        await until('the log to say why', () =>
          forker().stderr.includes('a child was killed that could not be believed'),
        );
      });
    });
  }

  it('cannot have the keeper signal another process', async () => {
    const target = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    try {
      await withBystander(async () => {
        using victim = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
        victim.open();
        const started = `{"event":"started","pid":${target.pid ?? 0}}`;
        steal(victim.pid, started, started);
        assert.equal(await victim.exited(), 9);
      });
      assert.ok(isRunning(target.pid ?? 0));
    } finally {
      const ended = once(target, 'exit');
      target.kill('SIGKILL');
      await ended;
    }
  });
});
