import assert from 'node:assert/strict';
import test from 'node:test';
import { AnswerDecoder } from './answer-decoder.ts';
import type { AnswerEnd } from './answer-decoder.ts';
import type { Garbage } from './answer-state.ts';
import type { Answer } from './answer.ts';
import { chunkings, latin1 } from '../test-support/chunkings.ts';
import { answerLineBytesMax } from './limits.ts';
import type { RequestKind } from './request.ts';
import { encodeUtf8 } from './utf8.ts';

interface Read {
  readonly messages: (Answer | Garbage)[];
  readonly end: AnswerEnd;
}

function read(kind: RequestKind, chunks: readonly Uint8Array[]): Read {
  const decoder = new AnswerDecoder(kind);
  const messages = chunks.flatMap((chunk) => decoder.push(chunk));
  return { messages, end: decoder.end() };
}

const forked: Answer = { kind: 'forked', pid: 4711, directory: '/tmp/lp-forking-service-child-7' };
const forkedText = 'ok\n4711\n/tmp/lp-forking-service-child-7\n';

const understood: readonly [kind: RequestKind, text: string, ...answers: Answer[]][] = [
  ['hello', 'ok\nyep, still alive\n', { kind: 'alive' }],
  ['quit', 'ok\nquit command requested... exiting\n', { kind: 'quitting' }],
  ['child-connect-timeout', 'ok\n', { kind: 'ok' }],
  ['fork', `${forkedText}exited\n0\n`, forked, { kind: 'exited', status: 0 }],
  ['fork', `${forkedText}exited\n256\n`, forked, { kind: 'exited', status: 256 }],
  ['attach', `${forkedText}exited\n14\n`, forked, { kind: 'exited', status: 14 }],
  ['fork', `${forkedText}exited\n65535\n`, forked, { kind: 'exited', status: 65_535 }],
  [
    'fork',
    'ok\n1\n/d\xc3\xbc \nexited\n0\n',
    { kind: 'forked', pid: 1, directory: '/dü ' },
    { kind: 'exited', status: 0 },
  ],
  ['fork', 'FAILURE\nrequest timed out\n', { kind: 'failure', reason: 'request timed out' }],
  ['attach', 'FAILURE\nno such child\n', { kind: 'failure', reason: 'no such child' }],
  ['hello', 'FAILURE\n\n', { kind: 'failure', reason: '' }],
  ['fork', 'FAILURE\nred \x1b[31m\n', { kind: 'failure', reason: 'red  [31m' }],
  [
    'child-connect-timeout',
    'FAILURE: not b\n',
    { kind: 'failure', reason: 'not b', sameLine: true },
  ],
  [
    'child-connect-timeout',
    'FAILURE:  b: c\n',
    { kind: 'failure', reason: ' b: c', sameLine: true },
  ],
  ['child-connect-timeout', 'FAILURE:b\n', { kind: 'failure', reason: 'b', sameLine: true }],
];

for (const [kind, text, ...answers] of understood) {
  for (const variant of [text, text.replaceAll('\n', '\r\n')]) {
    test(`understands ${JSON.stringify(variant)} after ${kind}`, () => {
      for (const chunks of chunkings(latin1(variant))) {
        assert.deepEqual(read(kind, chunks), { messages: answers, end: { kind: 'complete' } });
      }
    });
  }
}

/** `before` is what is understood before the garbage; texts are Latin-1. */
const garbage: readonly [
  kind: RequestKind,
  text: string,
  expected: string,
  got: string,
  ...before: Answer[],
][] = [
  ['hello', 'OK\n', "'ok' or 'FAILURE'", "'OK'"],
  ['hello', '\n', "'ok' or 'FAILURE'", "''"],
  ['hello', 'failure\n', "'ok' or 'FAILURE'", "'failure'"],
  ['hello', 'FAILURES\n', "'ok' or 'FAILURE'", "'FAILURES'"],
  ['hello', 'exited\n', "'ok' or 'FAILURE'", "'exited'"],
  ['hello', '\xffok\n', 'UTF-8', "'\\xffok'"],
  ['hello', '\xef\xbb\xbfok\n', "'ok' or 'FAILURE'", "'\\xef\\xbb\\xbfok'"],
  ['hello', 'ok\nyep\n', "'yep, still alive'", "'yep'"],
  ['quit', 'ok\nyep, still alive\n', "'quit command requested... exiting'", "'yep, still alive'"],
  ['fork', 'ok\nyep, still alive\n', 'a pid', "'yep, still alive'"],
  ['fork', 'ok\n0\n', 'a pid', "'0'"],
  ['fork', 'ok\n-1\n', 'a pid', "'-1'"],
  ['fork', 'ok\n012\n', 'a pid', "'012'"],
  ['fork', 'ok\n2147483648\n', 'a pid', "'2147483648'"],
  ['fork', 'ok\n1\n\n', 'an absolute path', "''"],
  ['fork', 'ok\n1\ntmp/x\n', 'an absolute path', "'tmp/x'"],
  ['fork', 'ok\n1\n/a\0\n', 'an absolute path', "'/a\\x00'"],
  ['fork', `${forkedText}ok\n`, "'exited'", "'ok'", forked],
  ['fork', `${forkedText}exited\n\n`, 'a wait status', "''", forked],
  ['fork', `${forkedText}exited\n65536\n`, 'a wait status', "'65536'", forked],
  ['fork', `${forkedText}exited\n1.5\n`, 'a wait status', "'1.5'", forked],
  ['fork', `${forkedText}exited\n-9\n`, 'a wait status', "'-9'", forked],
  ['fork', `${forkedText}FAILURE\nlate\n`, "'exited'", "'FAILURE'", forked],
  [
    'fork',
    `${forkedText}exited\n0\nexited\n0\n`,
    'the end of the connection',
    "'exited'",
    forked,
    { kind: 'exited', status: 0 },
  ],
  ['child-connect-timeout', 'ok\nyep\n', 'the end of the connection', "'yep'", { kind: 'ok' }],
  [
    'hello',
    'FAILURE\na\nb\n',
    'the end of the connection',
    "'b'",
    { kind: 'failure', reason: 'a' },
  ],
];

for (const [kind, text, expected, got, ...before] of garbage) {
  for (const variant of [text, text.replaceAll('\n', '\r\n')]) {
    test(`reports ${JSON.stringify(variant)} after ${kind} as garbage, once`, () => {
      const found: Garbage = { kind: 'garbage', expected, got };
      for (const chunks of chunkings(latin1(variant))) {
        assert.deepEqual(read(kind, [...chunks, encodeUtf8('ok\n')]), {
          messages: [...before, found],
          end: found,
        });
      }
    });
  }
}

/**
 * The old client library took these for garbage:
 * docs/reference/properties.md#launchpads-old-service.
 */
test('waits for the rest of an exited message, wherever it is cut', () => {
  const text = 'exited\n256\n';
  for (let at = 0; at < text.length; at += 1) {
    const decoder = new AnswerDecoder('fork');
    decoder.push(encodeUtf8(forkedText));
    assert.deepEqual(decoder.push(encodeUtf8(text.slice(0, at))), []);
    assert.equal(decoder.end().kind, 'truncated');
    assert.deepEqual(decoder.push(encodeUtf8(text.slice(at))), [{ kind: 'exited', status: 256 }]);
    assert.deepEqual(decoder.end(), { kind: 'complete' });
  }
});

test('waits for the rest of a forked message', () => {
  for (let at = 0; at < forkedText.length; at += 1) {
    const decoder = new AnswerDecoder('fork');
    assert.deepEqual(decoder.push(encodeUtf8(forkedText.slice(0, at))), []);
    assert.deepEqual(decoder.push(encodeUtf8(forkedText.slice(at))), [forked]);
  }
});

const truncated: readonly [kind: RequestKind, text: string, state: string, pending: string][] = [
  ['hello', '', 'start', "''"],
  ['hello', 'o', 'start', "'o'"],
  ['hello', 'ok\nyep', 'greeting', "'yep'"],
  ['fork', 'ok\n', 'pid', "''"],
  ['fork', 'ok\n12\n/tm', 'directory', "'/tm'"],
  ['fork', forkedText, 'exited', "''"],
  ['fork', `${forkedText}exited\n25`, 'status', "'25'"],
  ['fork', 'FAILURE\nhalf a rea', 'reason', "'half a rea'"],
];

for (const [kind, text, state, pending] of truncated) {
  test(`reports that ${JSON.stringify(text)} after ${kind} is cut off`, () => {
    for (const chunks of chunkings(encodeUtf8(text))) {
      assert.deepEqual(read(kind, chunks).end, { kind: 'truncated', state, pending });
    }
  });
}

test('reports an unfinished line after the last answer as garbage at the end', () => {
  const { messages, end } = read('child-connect-timeout', [encodeUtf8('ok\nx')]);
  assert.deepEqual(messages, [{ kind: 'ok' }]);
  assert.deepEqual(end, { kind: 'garbage', expected: 'the end of the connection', got: "'x'" });
});

test('accepts a line of exactly the limit', () => {
  const decoder = new AnswerDecoder('fork');
  decoder.push(encodeUtf8('FAILURE\n'));
  const reason = 'x'.repeat(answerLineBytesMax);
  assert.equal(decoder.push(encodeUtf8(reason)).length, 0);
  assert.equal(decoder.bufferedBytes, answerLineBytesMax);
  assert.equal(decoder.push(encodeUtf8('\n'))[0]?.kind, 'failure');
  assert.equal(decoder.bufferedBytes, 0);
});

test('rejects a line at the first byte beyond the limit, before it has ended', () => {
  const bytes = new Uint8Array(answerLineBytesMax + 1).fill(0x78);
  const got = `'${'x'.repeat(200)}'...`;
  const found = { kind: 'garbage', expected: 'a line of at most 8192 bytes', got };
  const decoder = new AnswerDecoder('fork');
  assert.deepEqual(decoder.push(bytes.subarray(1)), []);
  assert.deepEqual(decoder.push(bytes.subarray(0, 1)), [found]);
  assert.equal(decoder.bufferedBytes, 0);
  assert.deepEqual(read('fork', [bytes]), { messages: [found], end: found });
  assert.deepEqual(read('fork', [bytes, encodeUtf8('\n')]), { messages: [found], end: found });
});

test('does not buffer a huge chunk', () => {
  const decoder = new AnswerDecoder('hello');
  assert.equal(decoder.push(new Uint8Array(16 * 1024 * 1024)).length, 1);
  assert.equal(decoder.bufferedBytes, 0);
});
