import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { defaultConfigFile, loadConfig } from './load.ts';
import { runtimeLink } from './socket-path.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hatchery-test-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

test('without a name the configuration of the checkout is read, else that of the system', () => {
  const [own, system] = [join(directory, 'hatchery.toml'), join(directory, 'system.toml')];
  assert.equal(defaultConfigFile(directory, system), undefined);
  writeFileSync(system, '');
  assert.equal(defaultConfigFile(directory, system), system);
  writeFileSync(own, '');
  assert.equal(defaultConfigFile(directory, system), own);
});

test('the runtime directory of a long path belongs to the owner of the state directory, whoever asks', (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can give a directory away');
  const state = join(directory, 'x'.repeat(90));
  mkdirSync(state);
  chownSync(state, 7, 7);
  const config = loadConfig({ directory: state, stateDirectory: state });
  assert.match(config.runtimeDirectory, /^\/tmp\/hatchery-7-[0-9a-f]{12}\/run$/);
  assert.deepEqual(runtimeLink(config), {
    path: config.runtimeDirectory,
    target: join(state, 'run'),
  });
});

test('a running service itself says where its sockets are', () => {
  const config = loadConfig({
    directory: '/nowhere',
    stateDirectory: '/nowhere',
    runtimeDirectory: '/srv/run',
  });
  assert.deepEqual(
    [config.runtimeDirectory, config.forker.socket],
    ['/srv/run', '/srv/run/forker.sock'],
  );
  assert.equal(runtimeLink(config), null);
});
