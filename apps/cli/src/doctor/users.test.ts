import assert from 'node:assert/strict';
import { chownSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { checkUsers } from './users.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';

it('doctor names each user whose files admit nobody, with the gateway’s reason', (context) => {
  using state = temporaryDirectory();
  const config = loadConfig({ stateDirectory: state.path, directory: state.path });
  const file = (user: string, name: string, text: string | Buffer): string => {
    mkdirSync(join(state.path, 'users', user), { recursive: true });
    writeFileSync(join(state.path, 'users', user, name), text);
    return join(state.path, 'users', user, name);
  };
  assert.deepEqual(checkUsers(config), [{ what: 'files of 0 users', trouble: null }]);
  const alices = file('alice', 'authorized_keys', key);
  assert.deepEqual(checkUsers(config), [{ what: 'files of 1 user', trouble: null }]);
  const bobs = file('bob', 'authorized_keys', Buffer.from(`\uFEFF${key}`, 'utf16le'));
  mkdirSync(join(state.path, 'users/carol/teams'), { recursive: true });
  mkdirSync(join(state.path, 'users/Carol'));
  writeFileSync(join(state.path, 'users/dora'), key);
  const [stranger, line, user, dora] = checkUsers(config);
  assert.match(
    stranger?.trouble ?? '',
    /^\S+\/users\/ has Carol, which lets nobody in: a user's name has small letters/,
  );
  assert.match(
    `${line?.what}: ${line?.trouble}`,
    new RegExp(
      `^user bob: ${bobs}: none of its keys is let in; line 1: it is in UTF-16; convert it`,
    ),
  );
  assert.match(
    `${dora?.what}: ${dora?.trouble}`,
    /^user dora: .*: it is a file and not a directory; move it away$/,
  );
  assert.match(
    `${user?.what}: ${user?.trouble}`,
    /^user carol: cannot read .*: it is a directory; move it away$/,
  );
  if (process.getuid?.() !== 0)
    return context.diagnostic('only root sees files that the service may not read');
  chownSync(state.path, 65_534, 65_534);
  chmodSync(alices, 0o600);
  const closed = checkUsers(config).find(({ what }) => what === 'user alice');
  assert.equal(
    closed?.trouble,
    `uid 65534 of the service may not read ${alices}; chown -R 65534 ${join(alices, '..')}`,
  );
});
