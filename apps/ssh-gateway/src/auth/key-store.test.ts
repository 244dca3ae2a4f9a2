import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KeyStore, type KeyStoreNotice } from './key-store.ts';

const one = 'AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';
const two = 'AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJX';
const blobOf = (encoded: string): Buffer => Buffer.from(encoded, 'base64');

class Fixture implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'hatchery-keys-'));
  readonly notices: KeyStoreNotice[] = [];
  readonly store = new KeyStore({
    directory: this.directory,
    fileBytesMax: 1000,
    usersMax: 2,
    notice: (notice) => this.notices.push(notice),
  });

  file(user: string): string {
    mkdirSync(join(this.directory, user), { recursive: true });
    return join(this.directory, user, 'authorized_keys');
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

test('a key is found for its user alone', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`);
  writeFileSync(fixture.file('bob'), `ssh-ed25519 ${two}\n`);
  assert.equal((await fixture.store.find('alice', blobOf(one)))?.type, 'ssh-ed25519');
  assert.equal(await fixture.store.find('alice', blobOf(two)), null);
  assert.equal(await fixture.store.find('carol', blobOf(one)), null);
});

test('a key that is added or taken away counts at once', async () => {
  using fixture = new Fixture();
  const file = fixture.file('alice');
  writeFileSync(file, `ssh-ed25519 ${one}\n`);
  assert.equal(await fixture.store.find('alice', blobOf(two)), null);
  appendFileSync(file, `ssh-ed25519 ${two}\n`);
  assert.notEqual(await fixture.store.find('alice', blobOf(two)), null);
  writeFileSync(file, '');
  assert.equal(await fixture.store.find('alice', blobOf(one)), null);
  rmSync(file);
  assert.equal(await fixture.store.find('alice', blobOf(two)), null);
});

test('an unchanged file is not parsed again: its warnings come once', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `command="x" ssh-ed25519 ${one}\n`);
  assert.equal(await fixture.store.find('alice', blobOf(one)), null);
  assert.equal(await fixture.store.find('alice', blobOf(one)), null);
  assert.deepEqual(
    fixture.notices.map(({ kind, reason }) => [kind, reason]),
    [['ignored-line', 'the option command is not supported']],
  );
});

test('a name that could leave the directory is not looked up', async () => {
  using fixture = new Fixture();
  writeFileSync(fixture.file('alice'), `ssh-ed25519 ${one}\n`);
  assert.equal(await fixture.store.find('../' + fixture.directory.split('/').at(-1) + '/alice', blobOf(one)), null);
});

test('a FIFO or a huge file in the place of the keys lets nobody in, and does not hang', async () => {
  using fixture = new Fixture();
  execFileSync('mkfifo', [fixture.file('alice')]);
  assert.equal(await fixture.store.find('alice', blobOf(one)), null);
  writeFileSync(fixture.file('bob'), `ssh-ed25519 ${one}\n#${'x'.repeat(1000)}\n`);
  assert.equal(await fixture.store.find('bob', blobOf(one)), null);
  assert.deepEqual(
    fixture.notices.map(({ reason }) => reason),
    ['it is not a file', 'it is longer than 1000 bytes'],
  );
});

test('a disk that fails is an error, not an unknown key', async () => {
  using fixture = new Fixture();
  mkdirSync(fixture.file('alice'));
  await assert.doesNotReject(fixture.store.find('alice', blobOf(one)), 'a directory opens and is unfit');
  execFileSync('ln', ['-s', 'authorized_keys', fixture.file('bob')]);
  await assert.rejects(fixture.store.find('bob', blobOf(one)), { code: 'ELOOP' });
});
