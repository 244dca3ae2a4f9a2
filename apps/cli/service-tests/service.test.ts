import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { configure, hatchery, pidOf } from '../test-support/hatchery.ts';

describe('a detached service', () => {
  it('starts once, restarts a part that dies, acts, and stops with nothing left', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const { path } = directory;
    configure(path);
    try {
      const started = await hatchery(path, 'start');
      assert.deepEqual([started.code, started.stderr], [0, '']);
      const [, ssh = '', url = ''] = /BRZ_SSH=(\S+) brz branch (\S+)/.exec(started.stdout) ?? [];
      assert.ok(statSync(ssh).mode & 0o100 && /^bzr\+ssh:\/\/demo@/.test(url), started.stdout);
      const link = /to act on it +\S+(\/sign-in\S+)/.exec(started.stdout)?.[1] ?? '';
      assert.ok(
        link !== '' && !readFileSync(join(path, 'state/hatchery.log'), 'utf8').includes(link),
      );
      for (const word of ['start', 'up']) {
        const second = await hatchery(path, word);
        assert.equal(second.code, 1);
        assert.match(
          second.stderr,
          /^hatchery: .*runs already.* \(pid \d+\); hatchery stop(?: --(?:config|state-dir) \S+)+ ends it\n$/,
        );
      }
      assert.doesNotMatch((await hatchery(path, 'doctor')).stdout, /TROUBLE {2}(\[|socket)/);
      const gateway = await pidOf(path, 'ssh-gateway');
      process.kill(gateway ?? 0, 'SIGKILL');
      const next = await until('another gateway', async () => {
        const pid = await pidOf(path, 'ssh-gateway');
        return pid === gateway ? null : pid;
      });
      assert.ok(next > 0);
      assert.match(
        readFileSync(join(path, 'state/hatchery.log'), 'utf8'),
        /ssh-gateway ended with SIGKILL; starting it/,
      );
      const unknown = await hatchery(path, 'kill', 'a/b', '--reason', 'a test');
      assert.match(
        unknown.stderr,
        /^hatchery: kill: there is no child a\/b; hatchery children(?: --(?:config|state-dir) \S+)+ lists those that run\n$/,
      );
      assert.equal((await hatchery(path, 'drain')).code, 0);
      assert.match((await hatchery(path, 'status')).stdout, /0 sessions, draining/);
      assert.equal((await hatchery(path, 'undrain', '--reason', 'a test')).code, 0);
      assert.equal((await hatchery(path, 'user', 'remove', 'demo')).code, 0);
      assert.equal((await hatchery(path, 'restart')).code, 0);
      // A demo user that was removed came back with the next start.
      assert.match((await hatchery(path, 'user', 'list')).stdout, /^nobody/);
    } finally {
      assert.deepEqual(await hatchery(path, 'stop'), {
        code: 0,
        stdout: 'hatchery has stopped\n',
        stderr: '',
      });
    }
    await assertNothingLeft(path, baseline);
    for (const words of [['restart'], ['restart', '--now']]) {
      const { code, stderr } = await hatchery(path, ...words);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^hatchery: restart: nothing runs on .*; hatchery start(?: --(?:config|state-dir) \S+)+ starts it\n$/,
      );
    }
    assert.match((await hatchery(path, 'start')).stdout, /^hatchery is up \(pid \d+\)/);
    assert.equal((await hatchery(path, 'stop', '--now')).code, 0);
    await assertNothingLeft(path, baseline);
  });

  it('that cannot start says why, and leaves nothing', async () => {
    using directory = temporaryDirectory();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseline = takeBaseline();
    configure(directory.path, (server.address() as AddressInfo).port);
    const { code, stderr } = await hatchery(directory.path, 'start');
    assert.equal(code, 1);
    assert.match(stderr, /^hatchery: start: 127\.0\.0\.1:\d+ is taken by another process[^\n]*\n$/);
    await assertNothingLeft(directory.path, baseline);
    server.close();
  });
});
