import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from '../../test-support/terminal.ts';

const keys = temporaryDirectory();
after(() => keys[Symbol.dispose]());
execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(keys.path, 'one')]);
const key = join(keys.path, 'one.pub');

/** Commands about users of one state directory. */
function users(directory: string): (...words: string[]) => Promise<Outcome> {
  return (...words) => hatchery('user', ...words, '--state-dir', directory);
}

describe('hatchery user, about teams', () => {
  it('adds a new user to teams, and an existing one to more', async () => {
    using state = temporaryDirectory();
    const user = users(state.path);
    const { code, stdout } = await user(
      'add',
      'alice',
      '--key',
      key,
      '--team',
      'reds',
      '--team',
      'blues',
    );
    assert.equal(code, 0);
    assert.match(stdout, /^alice is in reds, blues from the next sign-in on$/m);
    assert.match(
      (await user('add', 'alice', '--team', 'greens', '--team', 'reds')).stdout,
      /^alice is in greens from/,
    );
    assert.match(
      (await user('add', 'alice', '--team', 'reds')).stdout,
      /^alice is in reds already$/m,
    );
    assert.equal(
      (await user('list')).stdout,
      'NAME   KEYS  TEAMS\nalice  1     reds, blues, greens\n',
    );
    assert.equal(statSync(join(state.path, 'users/alice/teams')).mode & 0o777, 0o644);
  });

  it('removes a user from teams, and keeps what a person wrote beside them', async () => {
    using state = temporaryDirectory();
    const user = users(state.path);
    await user('add', 'alice', '--key', key, '--team', 'reds');
    const file = join(state.path, 'users/alice/teams');
    writeFileSync(file, '# since May\nreds # captain\nblues\n');
    assert.match(
      (await user('remove', 'alice', '--team', 'reds')).stdout,
      /^alice is not in reds any more/,
    );
    assert.equal(readFileSync(file, 'utf8'), '# since May\nblues\n');
    const { code, said } = await user('remove', 'alice', '--team', 'blues', '--team', 'reds');
    assert.equal(code, 1);
    assert.match(
      said.join(),
      /alice is not in reds; hatchery user list --state-dir \S+ shows who is in what/,
    );
    assert.equal(readFileSync(file, 'utf8'), '# since May\nblues\n', 'nothing by halves');
  });

  it('removes the teams with the user', async () => {
    using state = temporaryDirectory();
    const user = users(state.path);
    await user('add', 'alice', '--key', key, '--team', 'reds');
    await user('remove', 'alice');
    assert.equal(existsSync(join(state.path, 'users/alice')), false);
  });

  it('refuses invalid names', async () => {
    for (const team of ['Reds', '../reds', '', 'a b', '~reds']) {
      const { code, said } = await hatchery(
        'user',
        'add',
        'alice',
        '--team',
        team,
        '--state-dir',
        keys.path,
      );
      assert.equal(code, 2, team);
      assert.match(said.join(), /is no team name: small letters/);
    }
  });

  it('refuses a user and a team of one name, because both would own the same branches', async () => {
    using state = temporaryDirectory();
    const user = users(state.path);
    await user('add', 'alice', '--key', key, '--team', 'reds');
    const asUser = await user('add', 'reds', '--key', key);
    assert.deepEqual(
      [asUser.code, asUser.said.join()],
      [1, 'user: reds is a team, whose branches a user of that name would own'],
    );
    for (const [name, team] of [
      ['bob', 'alice'],
      ['bob', 'bob'],
    ] as const) {
      const { code, said } = await user('add', name, '--key', key, '--team', team);
      assert.equal(code, 1);
      assert.match(
        said.join(),
        new RegExp(`${team} is a user, whose branches a team of that name would own`),
      );
    }
    assert.equal(existsSync(join(state.path, 'users/bob')), false);
  });

  it('asks for the key of an unknown user', async () => {
    using state = temporaryDirectory();
    const { code, said } = await users(state.path)('add', 'alice', '--team', 'reds');
    assert.deepEqual([code, said.join()], [1, 'user: there is no user alice; give --key FILE too']);
  });
});
