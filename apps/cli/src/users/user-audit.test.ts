import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from '../../test-support/terminal.ts';

const keys = temporaryDirectory();
after(() => keys[Symbol.dispose]());
execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(keys.path, 'one')]);
const key = join(keys.path, 'one.pub');

describe('hatchery user, and the audit', () => {
  it('the audit records who was added and removed, by whom and why', async () => {
    using state = temporaryDirectory();
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    await user('add', 'alice', '--key', key, '--team', 'reds', '--reason', 'new here');
    await user('remove', 'alice', '--team', 'reds');
    await user('remove', 'alice', '--team', 'blues');
    await user('remove', 'alice');
    const { stdout } = await hatchery('audit', '--json', '--state-dir', state.path);
    const told = (JSON.parse(stdout) as Record<string, string>[]).toReversed();
    assert.deepEqual(
      told.map(({ verb, target, reason, outcome }) => [verb, target, reason, outcome]),
      [
        ['user add', `alice (keys of ${key})`, 'new here', 'done'],
        ['user add', 'alice (teams reds)', 'new here', 'done'],
        ['user remove', 'alice (teams reds)', 'not said', 'done'],
        [
          'user remove',
          'alice (teams blues)',
          'not said',
          'failed: alice is not in blues; hatchery user list shows who is in what',
        ],
        ['user remove', 'alice', 'not said', 'done'],
      ],
    );
    assert.match(told[0]?.['actor'] ?? '', / \(cli\)$/);
  });

  it('changes nothing while the audit cannot be written', async () => {
    using state = temporaryDirectory();
    writeFileSync(join(state.path, 'audit'), '');
    const { code, said } = await hatchery(
      'user',
      'add',
      'alice',
      '--key',
      key,
      '--state-dir',
      state.path,
    );
    assert.equal(code, 1);
    assert.match(said.join(), /^user: nothing is done, for the audit cannot be written: /);
    assert.equal(existsSync(join(state.path, 'users/alice')), false);
  });

  it('says that nobody is connected when no gateway runs', async () => {
    using state = temporaryDirectory();
    await hatchery('user', 'add', 'alice', '--key', key, '--state-dir', state.path);
    const { code, said } = await hatchery(
      'user',
      'remove',
      'alice',
      '--end-sessions',
      '--state-dir',
      state.path,
    );
    assert.equal(code, 0);
    assert.match(said.join(), /no ssh gateway answers on .*; nobody is connected there/);
  });
});
