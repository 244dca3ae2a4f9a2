import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAudit } from '@hatchery/event-feed';
import { until } from '@hatchery/testkit';
import { makeKey, run, serveLine, sshArguments, type ClientResult } from '../../testing/clients.ts';
import { ask, controlOf, metricOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';

/** Ways in which only alice's files are broken, and what the operator reads about each. */
const broken: readonly (readonly [
  what: string,
  file: string,
  breakIt: (path: string) => void,
  reason: RegExp,
])[] = [
  [
    'a directory in the place of the keys',
    'authorized_keys',
    (path) => mkdirSync(path),
    /it is a directory/,
  ],
  [
    'a FIFO in the place of the keys',
    'authorized_keys',
    (path) => execFileSync('mkfifo', [path]),
    /it is not a file/,
  ],
  [
    'a link that goes in a circle',
    'authorized_keys',
    (path) => symlinkSync(path, path),
    /\(ELOOP\)/,
  ],
  [
    'a link to nothing',
    'authorized_keys',
    (path) => symlinkSync('nowhere', path),
    /a symbolic link to nothing/,
  ],
  [
    'keys in UTF-16',
    'authorized_keys',
    (path) => writeFileSync(path, Buffer.from('\uFEFFssh-ed25519 AAAA\r\n', 'utf16le')),
    /none of its keys is let in; line 1: it is in UTF-16; convert it with: iconv/,
  ],
  [
    'a socket in the place of the keys',
    'authorized_keys',
    (path) =>
      execFileSync('/usr/bin/python3', [
        '-c',
        'import socket, sys; socket.socket(1).bind(sys.argv[1])',
        path,
      ]),
    /it is not a file but a socket/,
  ],
  [
    'a device in the place of the keys',
    'authorized_keys',
    (path) => symlinkSync('/dev/zero', path),
    /but a device/,
  ],
  [
    'a file in the place of the directory',
    '',
    (path) => writeFileSync(path, ''),
    /it is a file and not a directory/,
  ],
  [
    'a directory in the place of the teams',
    'teams',
    (path) => mkdirSync(path),
    /teams: it is a directory/,
  ],
  [
    'teams in UTF-16',
    'teams',
    (path) => writeFileSync(path, Buffer.from('\uFEFFa\n', 'utf16le')),
    /teams: it is in UTF-16/,
  ],
];

for (const [what, file, breakIt, reason] of broken) {
  test(`${what}: alice gets the same refusal as a stranger, the operator reads why, and bob signs in`, async () => {
    await using stand = await Stand.open();
    const bobsKey = makeKey(stand.directory, 'bob');
    stand.authorize('bob', bobsKey);
    const path = join(stand.config.ssh.usersDirectory, 'alice', file);
    rmSync(path, { force: true, recursive: true });
    breakIt(path);
    const signIn = (user: string, key: string): Promise<ClientResult> =>
      run('/usr/bin/ssh', [...sshArguments({ ...stand.alice, user, key }), serveLine], '');
    const told = async (user: string, key: string): Promise<string> => {
      const { code, stderr } = await signIn(user, key);
      assert.equal(code, 255);
      return stderr.replace(/^Warning: [^\n]*\n/m, '').replaceAll(user, 'USER');
    };
    const asAlice = await told('alice', stand.alice.key);
    assert.equal(asAlice, await told('nobody', stand.alice.key));
    assert.match(asAlice, /^USER@127\.0\.0\.1: Permission denied \(publickey\)\.\r?\n$/);
    assert.equal((await signIn('bob', bobsKey)).code, 0);
    const refused = 'hatchery_ssh_sign_ins_refused_total{reason="user-files"}';
    await until('it is counted', async () => (await metricOf(stand, refused)) === 1);
    assert.equal(await metricOf(stand, 'hatchery_ssh_session_results_total{result="system"}'), 0);
    assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
    const directory = join(stand.directory, 'audit');
    const entries = [...readAudit({ directory, since: new Date(0), damaged: assert.fail })];
    const entry = entries.find((one) => one.kind === 'sign-in.refused' && one.user === 'alice');
    assert.ok(entry?.kind === 'sign-in.refused');
    assert.match(
      entry.reason,
      new RegExp(`^the account cannot be used: .*/users/${join('alice', file)}: `),
    );
    assert.match(entry.reason, reason);
  });
}

test('once the file is repaired, alice signs in at once', async () => {
  await using stand = await Stand.open();
  const path = join(stand.config.ssh.usersDirectory, 'alice', 'teams');
  mkdirSync(path);
  assert.equal((await stand.ssh([serveLine], '')).code, 255);
  rmSync(path, { recursive: true });
  assert.equal((await stand.ssh([serveLine], '')).code, 0);
});
