import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { SignInStore } from './sign-in-store.ts';

test('sign-ins of another version are refused with their file and the remedy, and stay', () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'sign-ins.db');
  {
    using newer = new DatabaseSync(path);
    newer.exec('CREATE TABLE sessions (theirs); INSERT INTO sessions VALUES (7)');
    newer.exec('PRAGMA user_version = 2');
  }
  assert.throws(
    () => SignInStore.open(path, 0),
    ({ message }: Error) =>
      message.startsWith(`${path} is a file of sign-ins to the page of version 2; `) &&
      message.endsWith('all users then sign in to the page again'),
  );
  using kept = new DatabaseSync(path);
  assert.equal(kept.prepare('SELECT theirs FROM sessions').get()?.['theirs'], 7);
});
