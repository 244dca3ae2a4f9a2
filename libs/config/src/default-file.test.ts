import assert from 'node:assert/strict';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { defaultConfigFile, loadConfig } from './load.ts';
import { runtimeLink } from './socket-path.ts';

test('without a name the configuration of the checkout is read, else that of the system', () => {
  using directory = temporaryDirectory();
  const [own, system] = [join(directory.path, 'hatchery.toml'), join(directory.path, 'system.toml')];
  assert.equal(defaultConfigFile(directory.path, system), undefined);
  writeFileSync(system, '');
  assert.equal(defaultConfigFile(directory.path, system), system);
  writeFileSync(own, '');
  assert.equal(defaultConfigFile(directory.path, system), own);
});

test('the runtime directory of a long path belongs to the owner of the state directory, whoever asks', (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can give a directory away');
  using directory = temporaryDirectory();
  const state = join(directory.path, 'x'.repeat(90));
  mkdirSync(state);
  chownSync(state, 7, 7);
  const config = loadConfig({ directory: state, stateDirectory: state });
  assert.match(config.runtimeDirectory, /^\/tmp\/hatchery-7-[0-9a-f]{12}\/run$/);
  assert.deepEqual(runtimeLink(config), { path: config.runtimeDirectory, target: join(state, 'run') });
});

test('a running service says itself where its sockets are', () => {
  const config = loadConfig({ directory: '/nowhere', stateDirectory: '/nowhere', runtimeDirectory: '/srv/run' });
  assert.deepEqual([config.runtimeDirectory, config.forker.socket], ['/srv/run', '/srv/run/forker.sock']);
  assert.equal(runtimeLink(config), null);
});
