import assert from 'node:assert/strict';
import test from 'node:test';
import { childIdOfDirectory, isChildId, pipeDirectoryPrefix } from './child-id.ts';

test('has the prefix that clients of Launchpad look for', () => {
  assert.equal(pipeDirectoryPrefix, 'lp-forking-service-child-');
});

test('finds the id in the base name', () => {
  const longest = 'x'.repeat(128);
  assert.equal(childIdOfDirectory('/run/hatchery/lp-forking-service-child-a.B_7-x'), 'a.B_7-x');
  assert.equal(childIdOfDirectory('/tmp/lp-forking-service-child-7//'), '7');
  assert.equal(childIdOfDirectory('lp-forking-service-child-7'), '7');
  assert.equal(childIdOfDirectory(`/tmp/lp-forking-service-child-${longest}`), longest);
});

test('finds no id in other directories', () => {
  const directories = [
    '',
    '/',
    '/tmp',
    '/tmp/lp-forking-service-child-',
    '/tmp/xlp-forking-service-child-7',
    '/tmp/lp-forking-service-child-7/stdin',
    '/tmp/lp-forking-service-child-a b',
    '/tmp/lp-forking-service-child-a\n',
    `/tmp/lp-forking-service-child-${'x'.repeat(129)}`,
  ];
  for (const directory of directories) assert.equal(childIdOfDirectory(directory), null, directory);
});

test('refuses ids that are not safe in a file name or on a line', () => {
  for (const id of ['', 'a/b', 'a b', 'a\n', 'ü', 'a\0', 'x'.repeat(129)])
    assert.equal(isChildId(id), false, id);
});
