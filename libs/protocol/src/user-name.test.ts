import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserName } from './user-name.ts';

test('names of people and robots are accepted', () => {
  for (const name of ['alice', 'a', '0', 'ci-bot_2.x', 'a'.repeat(64)])
    assert.equal(isUserName(name), true, name);
});

test('no name is accepted that could leave the directory of users, or be seen as another name', () => {
  for (const name of [
    '',
    '.',
    '..',
    '.ssh',
    '-x',
    '_x',
    'a/b',
    '../alice',
    'Alice',
    'alice\n',
    'al\0ice',
    'älice',
    'a b',
    'a'.repeat(65),
  ]) {
    assert.equal(isUserName(name), false, JSON.stringify(name));
  }
});
