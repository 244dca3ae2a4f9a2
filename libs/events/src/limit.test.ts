import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure } from './failure.ts';
import { limitCause, limitNames, limitOf } from './limit.ts';

const told = (path: string, cause: string): string =>
  describeFailure({ kind: 'limit', verb: 'BzrDir.open', path, cause });

test('each limit is read from the cause of an ending, whoever has told of it', () => {
  for (const name of limitNames) {
    assert.equal(limitOf(limitCause(name, 'too much')), name);
    assert.equal(limitOf(told('~alice/trunk', `too much (limit ${name}); do less`)), name);
  }
});

test('an ending of another kind, or by a limit that is not in the list, is by none', () => {
  for (const cause of [
    'finished',
    'failed with exit code 73',
    'SIGKILL by ops: limit cpu_s: a guess',
    'limit nothing_known: x',
    told('', 'this server has opened as many files as it can; try again later'),
    describeFailure({ kind: 'disk', verb: '', path: '~a/(limit cpu_s)', cause: 'full' }),
  ])
    assert.equal(limitOf(cause), null, cause);
});

test('a path that reads like a limit is not taken for the one that was met', () => {
  assert.equal(
    limitOf(told('~alice/(limit cpu_s)', 'too many files (limit open_files); ask')),
    'open_files',
  );
});
