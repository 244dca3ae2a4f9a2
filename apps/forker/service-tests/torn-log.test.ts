import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  ForkerProcess,
  OldClient,
  runSession,
  takeBaseline,
} from '@hatchery/testkit';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { readEnded, readState } from './one-forker.test-support.ts';

/** Where the feed stands, as the state tells it. */
async function position(forker: ForkerProcess): Promise<{ epoch: string; seq: number }> {
  return (await readState(forker)) as unknown as { epoch: string; seq: number };
}

/** Takes the last bytes away from the log of events, as a kill in the middle of a write does. */
function tear(forker: ForkerProcess, bytes: number): void {
  const directory = join(forker.stateDirectory, 'events');
  const path = join(directory, readdirSync(directory).sort().at(-1) ?? '');
  writeFileSync(path, readFileSync(path).subarray(0, -bytes));
}

describe('a service whose last record was torn', () => {
  it('starts, goes on with the numbers before it, and tells the end of the child again', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    await using stack = new AsyncDisposableStack();
    const first = stack.use(await ForkerProcess.start(directory.path));
    const { epoch, seq } = await position(first);
    const client = stack.use(await OldClient.fork(first.socket, 'fork rocks\n'));
    process.kill(client.pid, 'SIGSTOP');
    client.open();
    await until('the spawn on record', async () => (await position(first)).seq > seq);
    const told = await position(first);
    first.kill('SIGKILL');
    await first.ended();
    // Of `child.spawned`: nobody but the keeper knows of the child now.
    tear(first, 7);
    process.kill(client.pid, 'SIGCONT');

    const next = stack.use(await ForkerProcess.start(directory.path));
    await until('its end', async () => (await readEnded(next, client.id)) !== null);
    assert.equal((await readEnded(next, client.id))?.exit?.code, 0);
    assert.equal((await runSession(next.socket, 'fork rocks\n')).status, 0);
    const now = await position(next);
    assert.equal(now.epoch, epoch);
    assert.ok(now.seq > told.seq);
    assert.deepEqual(await next.stop(), { code: 0, signal: null });
    await stack.disposeAsync();
    await assertNothingLeft(directory.path, baseline);
  });
});
