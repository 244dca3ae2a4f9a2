import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeAnswer } from './answer-encoder.ts';
import type { Answer } from './answer.ts';
import { answerLineBytesMax, failureReasonCharactersMax } from './limits.ts';
import { decodeUtf8 } from './utf8.ts';

const encoded: readonly [answer: Answer, text: string][] = [
  [{ kind: 'alive' }, 'ok\nyep, still alive\n'],
  [{ kind: 'quitting' }, 'ok\nquit command requested... exiting\n'],
  [{ kind: 'ok' }, 'ok\n'],
  [{ kind: 'forked', pid: 4711, directory: '/tmp/ü x' }, 'ok\n4711\n/tmp/ü x\n'],
  [{ kind: 'exited', status: 0 }, 'exited\n0\n'],
  [{ kind: 'exited', status: 256 }, 'exited\n256\n'],
  [{ kind: 'exited', status: 14 }, 'exited\n14\n'],
  [{ kind: 'failure', reason: 'draining, try again' }, 'FAILURE\ndraining, try again\n'],
  [{ kind: 'failure', reason: 'bad', sameLine: true }, 'FAILURE: bad\n'],
  [{ kind: 'failure', reason: '' }, 'FAILURE\n\n'],
];

for (const [answer, text] of encoded) {
  test(`encodes ${JSON.stringify(text)}`, () =>
    assert.equal(decodeUtf8(encodeAnswer(answer)), text));
}

const forced: readonly [reason: string, line: string][] = [
  ['a\nexited\n0\n', 'a exited 0 '],
  ['a\r\nb\tc\0d', 'a  b c d'],
  ['\x1b[31mred\x7f\x85\x9b', ' [31mred   '],
  ['a\u2028b\u2029c', 'a b c'],
  ['a\ud800b', 'a\ufffdb'],
  ['\u{1f600} ü', '\u{1f600} ü'],
];

for (const [reason, line] of forced) {
  test(`forces the reason ${JSON.stringify(reason)} to one line`, () => {
    assert.equal(decodeUtf8(encodeAnswer({ kind: 'failure', reason })), `FAILURE\n${line}\n`);
    assert.equal(
      decodeUtf8(encodeAnswer({ kind: 'failure', reason, sameLine: true })),
      `FAILURE: ${line}\n`,
    );
  });
}

test('truncates a long reason so that it fits the line of a reader', () => {
  const longest = '\u3042'.repeat(failureReasonCharactersMax);
  const cut = `${longest.slice(3)}...`;
  assert.equal(
    decodeUtf8(encodeAnswer({ kind: 'failure', reason: longest })),
    `FAILURE\n${longest}\n`,
  );
  assert.equal(
    decodeUtf8(encodeAnswer({ kind: 'failure', reason: `${longest}x` })),
    `FAILURE\n${cut}\n`,
  );
  assert.ok(
    encodeAnswer({ kind: 'failure', reason: longest, sameLine: true }).length < answerLineBytesMax,
  );
});

test('does not leave half of a character where it truncates', () => {
  const reason = `${'x'.repeat(failureReasonCharactersMax - 4)}\u{1f600}xxxxx`;
  assert.match(decodeUtf8(encodeAnswer({ kind: 'failure', reason })) ?? '', /x\ufffd\.\.\.\n$/);
});

const unencodable: readonly [what: string, code: string, answer: Answer][] = [
  ['pid 0', 'bad-number', { kind: 'forked', pid: 0, directory: '/d' }],
  ['a broken pid', 'bad-number', { kind: 'forked', pid: 1.5, directory: '/d' }],
  ['a pid of more than 31 bits', 'bad-number', { kind: 'forked', pid: 2 ** 31, directory: '/d' }],
  ['no directory', 'bad-directory', { kind: 'forked', pid: 1, directory: '' }],
  ['a relative directory', 'bad-directory', { kind: 'forked', pid: 1, directory: 'd' }],
  [
    'a directory of two lines',
    'bad-directory',
    { kind: 'forked', pid: 1, directory: '/d\nexited' },
  ],
  ['a directory with a NUL', 'bad-directory', { kind: 'forked', pid: 1, directory: '/d\0' }],
  ['a directory that ends in \\r', 'bad-directory', { kind: 'forked', pid: 1, directory: '/d\r' }],
  ['half a surrogate pair', 'bad-directory', { kind: 'forked', pid: 1, directory: '/\ud800' }],
  [
    'a directory beyond PATH_MAX',
    'bad-directory',
    { kind: 'forked', pid: 1, directory: `/${'ü'.repeat(2048)}` },
  ],
  ['a negative status', 'bad-number', { kind: 'exited', status: -1 }],
  ['a status of more than 16 bits', 'bad-number', { kind: 'exited', status: 65_536 }],
  ['a status that is no number', 'bad-number', { kind: 'exited', status: NaN }],
];

for (const [what, code, answer] of unencodable) {
  test(`refuses ${what}`, () =>
    assert.throws(() => encodeAnswer(answer), { name: 'UnencodableError', code }));
}
