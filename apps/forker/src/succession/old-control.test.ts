import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, type Config } from '@hatchery/config';
import { controlRequest } from '@hatchery/event-feed';
import { temporaryDirectory } from '@hatchery/testkit';
import { openOldControl } from './old-control.ts';

const state = { drainingSince: new Date('2026-01-01T00:00:00.000Z'), clients: 3 };

function configIn(directory: string): Config {
  return { ...loadConfig({ directory, stateDirectory: directory }), runtimeDirectory: directory };
}

describe('the control socket of an old forker', () => {
  it('has a name of this process, tells what is waited for, and is gone when closed', async () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const path = join(directory.path, `control.sock.${process.pid}-`);
    {
      using _open = await openOldControl(config, () => state);
      assert.equal(statSync(path).mode & 0o777, config.forker.socketMode);
      const told = (await controlRequest(path, 'GET', '/v1/state')) as object;
      const { version: _version, ...rest } = told as { version: string };
      const own = {
        state: 'stopping',
        drainDeadline: null,
        drainingSince: '2026-01-01T00:00:00.000Z',
        clients: 3,
      };
      assert.deepEqual(rest, own);
    }
    assert.deepEqual(readdirSync(directory.path), []);
  });

  it('does nothing for anybody: that is its successor’s', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, `control.sock.${process.pid}-`);
    using _open = await openOldControl(configIn(directory.path), () => state);
    for (const [method, asked] of [
      ['POST', '/v1/drain'],
      ['POST', '/v1/state'],
      ['GET', '/v1/events'],
      ['GET', '/'],
    ] as const)
      await assert.rejects(controlRequest(path, method, asked, {}), {
        status: 410,
        message: /has a successor/,
      });
  });

  it('is refused where something is in the way', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, `control.sock.${process.pid}-`), 'precious');
    const refused = openOldControl(configIn(directory.path), () => state);
    await assert.rejects(refused, { code: 'start_failed', message: /is in the way/ });
  });
});
