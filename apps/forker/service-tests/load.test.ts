import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import type { ForkerLoad } from '@hatchery/events';
import { ask, OldClient, runSession, until } from '@hatchery/testkit';
import { readState, useOneForker } from './one-forker.test-support.ts';

const config = '[forker]\nmax_children = 2\nmax_children_per_user = 1\n';
const forker = useOneForker({ config });

const readLoad = async (): Promise<ForkerLoad> =>
  (await controlRequest(forker().controlSocket, 'GET', '/v1/load')) as ForkerLoad;

const forkAs = (user: string): string => `fork-env rocks\nHATCHERY_USER: ${user}\nend\n`;

describe('the load of a service', () => {
  it('says how many places are taken, and counts each kind of refusal apart', async () => {
    const { zombies, waited, failures, limits, leftovers: _leftovers, ...idle } = await readLoad();
    const none = {
      waiting: 0,
      waitingMax: idle.waitingMax,
      refused: {},
      left: 0,
      leftoversCollected: 0,
    };
    assert.deepEqual(idle, { children: 0, childrenMax: 2, orphans: 0, ...none });
    assert.deepEqual(new Set(Object.values({ ...failures, ...limits })), new Set([0]));
    assert.deepEqual([zombies, waited.counts.length], [0, waited.boundsS.length + 1]);
    using one = await OldClient.fork(forker().socket, forkAs('alice'));
    assert.match(await ask(forker().socket, forkAs('alice')), /max_children_per_user/);
    using two = await OldClient.fork(forker().socket, forkAs('bob'));
    for (const user of ['carol', 'dave'])
      assert.match(await ask(forker().socket, forkAs(user)), /\(max_children\)/);
    const { children, refused } = await readLoad();
    assert.deepEqual([children, refused], [2, { 'children-per-user': 1, 'service-full': 2 }]);
    for (const child of [one, two]) {
      using peer = child.open();
      peer.endSending();
      assert.equal(await child.exited(), 0);
    }
  });

  it('counts a process that has ended and that nobody reaps', async () => {
    await until('free places', async () => (await readLoad()).children === 0);
    using child = await OldClient.fork(forker().socket, forkAs('erin'));
    const { keeper, view } = await readState(forker());
    const pid = Object.values(view.children)[0]?.pid ?? 0;
    process.kill(keeper.pid, 'SIGSTOP');
    try {
      process.kill(pid, 'SIGKILL');
      await until('a zombie', async () => (await readLoad()).zombies === 1);
    } finally {
      process.kill(keeper.pid, 'SIGCONT');
    }
    assert.equal(await child.exited(), 9);
    await until('it to be reaped', async () => (await readLoad()).zombies === 0);
    assert.equal((await runSession(forker().socket, 'fork rocks\n')).status, 0);
  });
});
