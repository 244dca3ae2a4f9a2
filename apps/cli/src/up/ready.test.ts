import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { describePlaces, type Ready } from './ready.ts';

test('the commands that a start suggests are about the instance that was started, and not about the default one', () => {
  using state = temporaryDirectory();
  const config = loadConfig({ stateDirectory: state.path, directory: state.path });
  const ready = {
    event: 'ready',
    ssh: { host: '::1', port: 5022 },
    dashboard: 'http://h/',
    forkerSocket: '/s',
    stateDir: state.path,
    dashboardSignIn: 'http://h/sign-in',
    confinement: { user: null, lacks: [] },
  } as unknown as Ready;
  const text = describePlaces(config, ready, ['--config', "/etc/it's.toml"]);
  for (const command of ['sign-in', 'user add NAME --key NAME.pub'])
    assert.ok(text.includes(`./hatchery ${command} --config '/etc/it'\\''s.toml'\n`), text);
  assert.match(describePlaces(config, ready, []), /\.\/hatchery sign-in\n/);
});
