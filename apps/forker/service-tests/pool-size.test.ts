import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertNothingLeft, ForkerProcess, listProcesses, runSession } from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { readState } from './one-forker.test-support.ts';

it('a service keeps no more children ahead than it may have, and says so', async () => {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    const config = '[forker]\nmax_children = 2\npool_size = 100\n';
    await using forker = await ForkerProcess.start(directory.path, { config });
    const warning = /pool_size is more than forker\.max_children.*"poolSize":100,"childrenMax":2/;
    await until('the warning', () => warning.test(forker.stderr));
    assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
    const { keeper } = await readState(forker);
    const below = (): number =>
      listProcesses().filter(({ parentPid }) => parentPid === keeper.pid).length;
    await until('the pool', () => below() === 3);
    // Its next member would have been asked for by then: a refill takes milliseconds, and the
    // sessions take some.
    for (let session = 0; session < 5; session += 1)
      await runSession(forker.socket, 'fork rocks\n');
    await until('the pool again', () => below() === 3);
  }
  await assertNothingLeft(directory.path, baseline);
});
