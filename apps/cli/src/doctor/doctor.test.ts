import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../../test-support/terminal.ts';
import type { Check } from './check.ts';
import { makeKeyPair } from '../up/key-pair.ts';
import { checkNativeCrypto, checkNode } from './installation.ts';
import { checkLimitsIn } from './machine.ts';
import { checkRoom } from './places.ts';

async function troubles(
  directory: string,
  config = '',
): Promise<{ code: number; found: string[] }> {
  const file = join(directory, 'own.toml');
  writeFileSync(file, `${config}\n[dashboard]\nlisten = "127.0.0.1:0"\n`);
  const { code, stdout } = await hatchery(
    'doctor',
    '--json',
    '--config',
    file,
    '--state-dir',
    join(directory, 'state'),
  );
  const checks = JSON.parse(stdout) as Check[];
  return {
    code,
    found: checks.flatMap(({ what, trouble }) => (trouble === null ? [] : [`${what}: ${trouble}`])),
  };
}

describe('hatchery doctor', () => {
  it('finds a port that is taken, and nothing once it is free again', async () => {
    using directory = temporaryDirectory();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = `[ssh]\nlisten = "127.0.0.1:${port}"`;
    const taken = await troubles(directory.path, config);
    assert.equal(taken.code, 1);
    assert.match(
      taken.found.join('\n'),
      /^\[ssh\] listen 127\.0\.0\.1:\d+: another program has it/m,
    );
    await new Promise((resolve) => server.close(resolve));
    assert.doesNotMatch(
      (await troubles(directory.path, config)).found.join('\n'),
      /another program/,
    );
  });

  it('finds files in the way, and host keys that are lost, readable by others or broken', async () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    mkdirSync(join(state, 'users'), { recursive: true });
    for (const name of ['hosting', 'parts', 'events', 'dashboard'])
      writeFileSync(join(state, name), '');
    mkdirSync(join(state, 'run'));
    writeFileSync(join(state, 'run', 'forker.sock'), '');
    const config = '[ssh]\nlisten = "127.0.0.1:0"';
    const lost = (await troubles(directory.path, config)).found.join('\n');
    assert.match(lost, /^hosting root .*: .*hosting is no directory; move it away$/m);
    assert.match(
      lost,
      /^socket .*forker\.sock: something is in the way \(ECONNREFUSED\); remove it$/m,
    );
    for (const name of ['parts', 'events', 'dashboard'])
      assert.match(
        lost,
        new RegExp(`^directory .*/${name}: a file is in its place; move it away$`, 'm'),
      );
    assert.match(lost, /^host key .*: it is missing; put it back, or make one with: ssh-keygen/m);
    const key = join(state, 'ssh_host_ed25519_key');
    writeFileSync(key, 'no key', { mode: 0o644 });
    assert.match(
      (await troubles(directory.path, config)).found.join('\n'),
      /: others can read it; chmod 600 /,
    );
    chmodSync(key, 0o600);
    assert.match(
      (await troubles(directory.path, config)).found.join('\n'),
      /: it is no private key; move it away, then make one with: ssh-keygen -t ed25519/,
    );
  });

  it('does not call a host key broken when ssh-keygen only misses the user in passwd', async (context) => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    mkdirSync(state);
    writeFileSync(join(state, 'ssh_host_ed25519_key'), makeKeyPair('host').privateKey, {
      mode: 0o600,
    });
    const keygen = '#!/bin/sh\necho "No user exists for uid 54321" >&2\nexit 255\n';
    writeFileSync(join(directory.path, 'ssh-keygen'), keygen, { mode: 0o755 });
    const { PATH } = process.env;
    process.env['PATH'] = `${directory.path}:${PATH}`;
    context.after(() => (process.env['PATH'] = PATH));
    assert.doesNotMatch((await troubles(directory.path)).found.join('\n'), /^host key/m);
  });

  it('misses users where there were some, and a configured host key', async () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    mkdirSync(state);
    const config = `[ssh]\nlisten = "127.0.0.1:0"\nusers_dir = "${directory.path}/disk/users"`;
    assert.doesNotMatch(
      (await troubles(directory.path, config)).found.join('\n'),
      /^(users directory|host key)/m,
    );
    writeFileSync(join(state, 'ssh_host_ed25519_key'), 'a key', { mode: 0o600 });
    const lost = await troubles(directory.path, config);
    assert.match(
      lost.found.join('\n'),
      /^users directory .*disk\/users: it is gone; mount its disk/m,
    );
    const named = await troubles(
      directory.path,
      `${config}\nhost_keys = ["${directory.path}/disk/key"]`,
    );
    assert.match(named.found.join('\n'), /^host key .*disk\/key: it is missing; put it back/m);
  });

  it('finds an old Node, a binding that does not load, a full disk and too few descriptors', () => {
    assert.equal(checkNode('v24.1.0').trouble, null);
    assert.match(checkNode('v20.19.0').trouble ?? '', /start it with \.\/hatchery/);
    assert.match(checkNativeCrypto('/nowhere/sshcrypto.node').trouble ?? '', /remove node_modules/);
    assert.match(checkRoom('/', Infinity).trouble ?? '', /MB are free/);
    const limits = (hard: string): string =>
      `Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   ${hard}   files\n`;
    assert.equal(checkLimitsIn(limits('unlimited'), 500)[0]?.trouble, null);
    assert.match(checkLimitsIn(limits('1024'), 500)[0]?.trouble ?? '', /LimitNOFILE=/);
  });
});
