import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitReport } from './exit-report.ts';

test('an exit code is the exit status', () => {
  assert.deepEqual(exitReport({ kind: 'code', code: 200 }), { kind: 'exit-status', status: 200 });
});

test('trap C: all thirteen signals of RFC 4254 are sent by name', () => {
  for (const name of [
    'ABRT',
    'ALRM',
    'FPE',
    'HUP',
    'ILL',
    'INT',
    'KILL',
    'PIPE',
    'QUIT',
    'SEGV',
    'TERM',
    'USR1',
    'USR2',
  ]) {
    assert.deepEqual(exitReport({ kind: 'signal', signal: `SIG${name}`, coreDumped: true }), {
      kind: 'exit-signal',
      name,
      coreDumped: true,
    });
  }
});

test('trap C: any other signal becomes 128 plus its number', () => {
  for (const [signal, number] of [
    ['SIGBUS', 7],
    ['SIGXCPU', 24],
    ['SIGSYS', 31],
    ['SIGRTMIN', 34],
    ['SIGRTMIN+3', 37],
    ['SIG32', 32],
  ] as const) {
    assert.deepEqual(
      exitReport({ kind: 'signal', signal, coreDumped: false }),
      { kind: 'exit-status', status: 128 + number },
      signal,
    );
  }
});

test('an unknown end is 255', () => {
  assert.deepEqual(exitReport({ kind: 'unknown' }), { kind: 'exit-status', status: 255 });
});
