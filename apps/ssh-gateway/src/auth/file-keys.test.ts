// Long: a test for each state that a user's file can be in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileKeys } from './file-keys.ts';
import type { KeySourceNotice } from './key-source.ts';

const one = 'AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';
const two = 'AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJX';

class Fixture implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'hatchery-keys-'));
  readonly notices: KeySourceNotice[] = [];
  readonly store = new FileKeys({
    directory: this.directory,
    fileBytesMax: 1000,
    usersMax: 2,
    teamsMax: 2,
    notice: (notice) => this.notices.push(notice),
  });

  /** The keys of a user, in base64. */
  async keysOf(user: string): Promise<string[]> {
    return (await this.store.accountOf(user)).keys.map(({ key }) => key.blob.toString('base64'));
  }

  file(user: string): string {
    mkdirSync(join(this.directory, user), { recursive: true });
    return join(this.directory, user, 'authorized_keys');
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

test('a key is found only for its own user', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`);
  writeFileSync(fixture.file('bob'), `ssh-ed25519 ${two}\n`);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
  assert.deepEqual(await fixture.keysOf('bob'), [two]);
  assert.deepEqual(await fixture.keysOf('carol'), []);
});

test('a key that is added or removed counts at once', async () => {
  using fixture = new Fixture();
  const file = fixture.file('alice');
  writeFileSync(file, `ssh-ed25519 ${one}\n`);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
  appendFileSync(file, `ssh-ed25519 ${two}\n`);
  assert.deepEqual(await fixture.keysOf('alice'), [one, two]);
  writeFileSync(file, '');
  assert.deepEqual(await fixture.keysOf('alice'), []);
  writeFileSync(file, `ssh-ed25519 ${one}\n`);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
  rmSync(file);
  assert.deepEqual(await fixture.keysOf('alice'), []);
});

test('an unchanged file is not parsed again: its warnings come once', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `command="x" ssh-ed25519 ${one}\n`);
  assert.deepEqual(await fixture.keysOf('alice'), []);
  assert.deepEqual(await fixture.keysOf('alice'), []);
  assert.deepEqual(
    fixture.notices.map(({ line, reason }) => [line, reason]),
    [
      [
        1,
        'the option command is not supported; take the line out, or the option where the key may do without it',
      ],
    ],
  );
});

test('a file that anybody may write admits nobody until its mode is fixed', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`);
  chmodSync(fixture.file('alice'), 0o666);
  assert.deepEqual(await fixture.keysOf('alice'), []);
  assert.deepEqual(
    fixture.notices.map(({ reason }) => reason),
    ['anybody may write it; look through it, then run chmod o-w on it'],
  );
  chmodSync(fixture.file('alice'), 0o640);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
});

test('a FIFO or a huge file in place of the keys admits nobody and does not hang', async () => {
  using fixture = new Fixture();
  execFileSync('mkfifo', [fixture.file('alice')]);
  assert.deepEqual(await fixture.keysOf('alice'), []);
  writeFileSync(fixture.file('bob'), `ssh-ed25519 ${one}\n#${'x'.repeat(1000)}\n`);
  assert.deepEqual(await fixture.keysOf('bob'), []);
  assert.deepEqual(
    fixture.notices.map(({ reason }) => reason),
    ['it is not a file but a FIFO; move it away', 'it is longer than 1000 bytes; shorten it'],
  );
});

const socket = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';

/** Reasons why one user's file cannot be used, and what the operator reads. */
const broken: readonly (readonly [
  what: string,
  breakIt: (file: string) => void,
  reason: RegExp,
])[] = [
  ['a directory', (file) => mkdirSync(file), /it is a directory/],
  ['a FIFO', (file) => execFileSync('mkfifo', [file]), /it is not a file/],
  ['a link to itself', (file) => symlinkSync(file, file), /\(ELOOP\)/],
  ['a link to nothing', (file) => symlinkSync('nowhere', file), /it is a symbolic link to nothing/],
  ['a device', (file) => symlinkSync('/dev/zero', file), /it is not a file but a device/],
  [
    'a socket',
    (file) => execFileSync('/usr/bin/python3', ['-c', socket, file]),
    /it is not a file but a socket/,
  ],
  [
    'rubbish',
    (file) => writeFileSync(file, Buffer.concat([randomBytes(500), Buffer.of(0)])),
    /it is binary/,
  ],
  [
    'UTF-16',
    (file) => writeFileSync(file, Buffer.from(`\uFEFFssh-ed25519 ${one}`, 'utf16le')),
    /iconv -f UTF-16 -t/,
  ],
  [
    'too much',
    (file) => writeFileSync(file, `#${'x'.repeat(1000)}\n`),
    /it is longer than 1000 bytes/,
  ],
];

for (const [what, breakIt, reason] of broken) {
  test(`${what} in place of one user's keys affects only that user`, async () => {
    using fixture = new Fixture();
    writeFileSync(fixture.file('bob'), `ssh-ed25519 ${two}\n`);
    breakIt(fixture.file('alice'));
    const { keys, trouble } = await fixture.store.accountOf('alice');
    assert.match(trouble?.reason ?? '', reason);
    assert.deepEqual(keys, []);
    assert.deepEqual(await fixture.keysOf('bob'), [two]);
    await fixture.store.prove();
  });
}

/** Things with a user's name that cannot hold the user's files. */
const brokenUsers: readonly (readonly [
  what: string,
  make: (path: string) => void,
  reason: RegExp,
])[] = [
  [
    'a file',
    (path) => writeFileSync(path, `ssh-ed25519 ${one}\n`),
    /alice: it is a file and not a directory; move/,
  ],
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), /alice: it is a FIFO and not a directory/],
  [
    'a link to nothing',
    (path) => symlinkSync('nowhere', path),
    /alice: it is a symbolic link to nothing; remove it/,
  ],
  [
    'a link to itself',
    (path) => symlinkSync('alice', path),
    /alice: its symbolic links go round in a circle/,
  ],
  [
    'a directory that anybody may write',
    (path) => void chmodSync(made(path), 0o777),
    /alice: anybody may write it/,
  ],
];

function made(path: string): string {
  mkdirSync(path);
  writeFileSync(join(path, 'authorized_keys'), `ssh-ed25519 ${one}\n`);
  return path;
}

for (const [what, make, reason] of brokenUsers) {
  test(`${what} with a user’s name affects only that user`, async () => {
    using fixture = new Fixture();
    writeFileSync(fixture.file('bob'), `ssh-ed25519 ${two}\n`);
    rmSync(join(fixture.directory, 'alice'), { recursive: true, force: true });
    make(join(fixture.directory, 'alice'));
    const { keys, trouble } = await fixture.store.accountOf('alice');
    assert.match(trouble?.reason ?? '', reason);
    assert.deepEqual(keys, []);
    assert.deepEqual(await fixture.keysOf('bob'), [two]);
  });
}

test('a file that only its owner may read, as root creates it under umask 077, affects only that user', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can act as another user');
  using fixture = new Fixture();
  chmodSync(fixture.directory, 0o755);
  writeFileSync(fixture.file('bob'), `ssh-ed25519 ${two}\n`);
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`, { mode: 0o600 });
  writeFileSync(fixture.file('carol'), `ssh-ed25519 ${one}\n`);
  chmodSync(join(fixture.directory, 'carol'), 0o700);
  process.seteuid?.(65_534);
  try {
    for (const user of ['alice', 'carol']) {
      const { keys, trouble } = await fixture.store.accountOf(user);
      assert.deepEqual(keys, []);
      assert.match(
        trouble?.reason ?? '',
        /(authorized_keys|teams): uid 65534 may not read it \(EACCES\); chown or chmod it/,
      );
    }
    assert.deepEqual(await fixture.keysOf('bob'), [two]);
  } finally {
    process.seteuid?.(0);
  }
});

test('a change within one clock tick is noticed, though size and times are the same', async () => {
  using fixture = new Fixture();
  const file = fixture.file('alice');
  writeFileSync(file, `ssh-ed25519 ${one}\n`);
  const { atime, mtime } = statSync(file);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
  for (let time = 0; time < 50; time++) {
    const [now = ''] = [time % 2 === 0 ? two : one];
    writeFileSync(file, `ssh-ed25519 ${now}\n`);
    utimesSync(file, atime, mtime);
    assert.deepEqual(await fixture.keysOf('alice'), [now]);
  }
});

test('without the directory no user is treated as a stranger, and all users are back when it is', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`);
  renameSync(fixture.directory, `${fixture.directory}.gone`);
  for (const user of ['alice', 'carol'])
    await assert.rejects(fixture.store.accountOf(user), {
      name: 'KeysUnavailableError',
      message: `the directory of users ${fixture.directory} cannot be read (ENOENT)`,
    });
  writeFileSync(fixture.directory, 'a file in its place');
  await assert.rejects(fixture.store.prove(), { message: /\(ENOTDIR\)$/ });
  rmSync(fixture.directory);
  renameSync(`${fixture.directory}.gone`, fixture.directory);
  assert.deepEqual(await fixture.keysOf('alice'), [one]);
});
