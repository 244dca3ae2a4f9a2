import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Config } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { prepareFirstUse } from './first-use.ts';

function configured(directory: string, ssh: string): Config {
  const file = join(directory, 'own.toml');
  writeFileSync(file, `state_dir = "${directory}/state"\n[ssh]\n${ssh}\n`);
  return loadConfig({ configFile: file, directory });
}

test('a host key that is named and missing is not replaced by another one', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'disk', 'host_key');
  const config = configured(directory.path, `host_keys = ["${path}"]`);
  await assert.rejects(prepareFirstUse(config, { environment: process.env, say: () => {} }), {
    message: `the host key ${path} of ssh.host_keys is not there; put it back or mount its disk; if there never was one: ssh-keygen -t ed25519 -N '' -f ${path}`,
  });
  assert.equal(existsSync(join(directory.path, 'disk')), false);
});

test('the default host key is made once, also when it is named, and without ssh-keygen, which needs an entry in passwd', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'state', 'ssh_host_ed25519_key');
  const config = configured(directory.path, `host_keys = ["${path}"]`);
  const said: string[] = [];
  const environment = { ...process.env, PATH: '/nowhere' };
  const terminal = { environment, say: (line: string) => void said.push(line) };
  await prepareFirstUse(config, terminal);
  const made = readFileSync(path, 'utf8');
  await prepareFirstUse(config, terminal);
  assert.equal(readFileSync(path, 'utf8'), made);
  assert.equal(said.filter((line) => line.includes('host key')).length, 1);
});

test('a state directory that cannot be made is an error with what to do', async () => {
  using directory = temporaryDirectory();
  const config = configured(directory.path, '');
  writeFileSync(join(directory.path, 'state'), 'a file');
  await assert.rejects(prepareFirstUse(config, { environment: process.env, say: () => {} }), {
    message: `cannot make ${directory.path}/state: a file is in its place; move it away, or configure another`,
  });
});
