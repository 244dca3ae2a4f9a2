import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { parseTeams } from '@hatchery/ssh-keys';
import { serveLine } from '../../testing/clients.ts';
import { Stand, type StandOptions } from '../../testing/stand.ts';
import { FileKeys } from './file-keys.ts';
import type { KeySourceNotice } from './key-source.ts';

test('a list holds one team a line, each once, and comments', () => {
  assert.deepEqual(parseTeams('# mine\nreds\r\n\n  blues # since May\nreds\n', 9), {
    teams: ['reds', 'blues'],
    ignored: [],
    isUnfit: false,
  });
});

test('an invalid user name is no team, and the log names it', () => {
  for (const name of [
    'Reds',
    '../reds',
    'a/b',
    '.reds',
    '~reds',
    'a b',
    '-reds',
    'a'.repeat(65),
    'r\u00e9ds',
  ]) {
    const { teams, ignored } = parseTeams(`blues\n${name}\n`, 9);
    assert.deepEqual(teams, ['blues'], name);
    assert.equal(ignored[0]?.line, 2);
    assert.match(ignored[0]?.reason ?? '', /^".*" is no name of a team$/);
  }
});

test('a list in UTF-16, or a binary one, holds no team', () => {
  const { teams, ignored, isUnfit } = parseTeams(
    Buffer.from('\uFEFFreds\n', 'utf16le'),
    9,
    '/u/alice/teams',
  );
  assert.deepEqual([teams, isUnfit], [[], true]);
  assert.match(ignored[0]?.reason ?? '', /iconv -f UTF-16 -t UTF-8 \/u\/alice\/teams > /);
  assert.equal(parseTeams('re\0ds', 9).isUnfit, true);
});

test('teams beyond what a fork request can hold are left out', () => {
  const { teams, ignored } = parseTeams('a\nb\nc\na\n', 2);
  assert.deepEqual(teams, ['a', 'b']);
  assert.deepEqual(ignored, [{ line: 3, reason: 'a user has at most 2 teams' }]);
});

test('teams in files count at once, also without keys, but not when anybody may write the file', async () => {
  using directory = temporaryDirectory();
  const notices: KeySourceNotice[] = [];
  const notice = (given: KeySourceNotice): void => void notices.push(given);
  const keys = new FileKeys({
    directory: directory.path,
    fileBytesMax: 100,
    usersMax: 2,
    teamsMax: 2,
    notice,
  });
  const teamsOf = async (user: string): Promise<readonly string[]> =>
    (await keys.accountOf(user)).teams;
  assert.deepEqual(await teamsOf('alice'), []);
  const file = join(directory.path, 'alice', 'teams');
  mkdirSync(join(directory.path, 'alice'));
  writeFileSync(file, 'reds\n');
  assert.deepEqual(await teamsOf('alice'), ['reds']);
  writeFileSync(file, 'reds\nBlues\n');
  assert.deepEqual([await teamsOf('alice'), await teamsOf('alice')], [['reds'], ['reds']]);
  chmodSync(file, 0o666);
  assert.deepEqual(await teamsOf('alice'), []);
  rmSync(file);
  execFileSync('mkfifo', [file]);
  assert.deepEqual(await teamsOf('alice'), []);
  assert.deepEqual(
    notices.map(({ about, line, reason }) => [about, line, reason]),
    [
      ['teams', 2, '"Blues" is no name of a team'],
      ['teams', null, 'anybody may write it; look through it, then run chmod o-w on it'],
      ['teams', null, 'it is not a file but a FIFO; move it away'],
    ],
  );
});

/** The teams that the child of a session receives. */
async function told(stand: Stand, options: readonly string[] = []): Promise<string> {
  stand.forks.script = 'echo "[$HATCHERY_TEAMS]"';
  const { stdout } = await stand.ssh([serveLine], '', options);
  return stdout.toString().trim();
}

test('the child receives the teams, and nothing a client sends changes them', async () => {
  await using stand = await Stand.open();
  const wanting = ['-o', 'SetEnv=HATCHERY_TEAMS=admins'];
  assert.equal(await told(stand, wanting), '[]');
  writeFileSync(join(stand.config.ssh.usersDirectory, 'alice', 'teams'), 'reds\nblues\nBad One\n');
  assert.equal(await told(stand, wanting), '[reds blues]');
  assert.deepEqual(
    stand.log.named('teams partly ignored').map(({ fields }) => fields['reason']),
    ['"Bad One" is no name of a team'],
  );
});

const command: Config['ssh']['keyLookup'] = {
  source: 'command',
  url: null,
  tokenFile: null,
  command: null,
  teamsCommand: null,
  timeoutS: 20,
  cacheS: 0,
  outageS: 900,
};

/** Keys of alice from one program, and teams from another, which is this script. */
function commands(script: string): Exclude<StandOptions['ssh'], undefined> {
  return (directory) => {
    const program = (name: string, text: string): string[] => {
      writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return [join(directory, name), '%u'];
    };
    const keys = program('keys-of', `echo team admins; cat '${directory}/alice.pub'`);
    return { keyLookup: { ...command, command: keys, teamsCommand: program('teams-of', script) } };
  };
}

test('teams come from their own command, and no line of keys is read as one', async () => {
  await using stand = await Stand.open({ ssh: commands('echo "$1s"; echo reds') });
  assert.equal(await told(stand), '[alices reds]');
});

test('while the teams cannot be read nobody signs in without them', async () => {
  await using stand = await Stand.open({ ssh: commands('echo the list is locked >&2; exit 1') });
  const { code, stderr } = await stand.ssh([serveLine], '');
  assert.equal(code, 255);
  assert.match(stderr, /sign-in is temporarily unavailable/);
});
