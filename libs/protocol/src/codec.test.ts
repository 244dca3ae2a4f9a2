import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AnswerDecoder } from './answer-decoder.ts';
import { encodeAnswer } from './answer-encoder.ts';
import type { Answer } from './answer.ts';
import { isChildId } from './child-id.ts';
import { cut, latin1 } from '../test-support/chunkings.ts';
import { decodedRequest } from '../test-support/decoded-request.ts';
import {
  allowedVariablesDefault,
  answerLineBytesMax,
  failureReasonCharactersMax,
} from './limits.ts';
import { oneLine } from './one-line.ts';
import { encodeRefusal } from './refusal.ts';
import { RequestDecoder } from './request-decoder.ts';
import { encodeRequest } from './request-encoder.ts';
import { forkRequest } from './request.ts';
import type { Request, RequestKind } from './request.ts';

const lengths = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 });

const text = fc
  .string({ unit: 'binary' })
  .map((value) => value.replaceAll(/[\n\0]/g, ' ').toWellFormed())
  .filter((value) => !value.endsWith('\r'));

const request: fc.Arbitrary<Request> = fc.oneof(
  fc.constantFrom<Request>({ kind: 'hello' }, { kind: 'quit' }),
  fc.array(text, { minLength: 1 }).map((words) => forkRequest(words)),
  fc
    .tuple(
      fc.array(text, { minLength: 1 }),
      fc.dictionary(fc.constantFrom(...allowedVariablesDefault), text),
    )
    .map(([words, environment]) => forkRequest(words, { ...environment })),
  fc
    .integer({ min: 0, max: 86_400 })
    .map((seconds): Request => ({ kind: 'child-connect-timeout', seconds })),
  fc
    .stringMatching(/^[A-Za-z0-9._-]{1,128}$/)
    .filter(isChildId)
    .map((id): Request => ({ kind: 'attach', id })),
);

test('a request decodes to itself, however it is split', () => {
  fc.assert(
    fc.property(request, lengths, (sent, pieces) => {
      assert.deepEqual(decodedRequest(cut(encodeRequest(sent), pieces)), {
        kind: 'request',
        request: sent,
      });
    }),
  );
});

const failure = text.map((reason): Answer => ({ kind: 'failure', reason: oneLine(reason) }));
const exited = fc
  .integer({ min: 0, max: 65_535 })
  .map((status): Answer => ({ kind: 'exited', status }));
const forked = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), text)
  .map(([pid, name]): Answer => ({ kind: 'forked', pid, directory: `/${name}` }));

/** A kind of request with all answers to one. */
const conversation: fc.Arbitrary<readonly [RequestKind, ...Answer[]]> = fc.oneof(
  fc.constant(['hello', { kind: 'alive' }] as const),
  fc.constant(['quit', { kind: 'quitting' }] as const),
  fc.constant(['child-connect-timeout', { kind: 'ok' }] as const),
  fc.tuple(fc.constantFrom<RequestKind>('fork', 'attach'), forked, exited),
  fc.tuple(fc.constantFrom<RequestKind>('hello', 'quit', 'fork', 'attach'), failure),
  failure.map(
    (answer) => ['child-connect-timeout', { ...answer, sameLine: true } as Answer] as const,
  ),
);

test('answers decode to themselves, however they are split', () => {
  fc.assert(
    fc.property(conversation, lengths, ([kind, ...answers], pieces) => {
      const bytes = answers.flatMap((answer) => [...encodeAnswer(answer)]);
      const decoder = new AnswerDecoder(kind);
      const messages = cut(Uint8Array.from(bytes), pieces).flatMap((piece) => decoder.push(piece));
      assert.deepEqual(messages, answers);
      assert.deepEqual(decoder.end(), { kind: 'complete' });
    }),
  );
});

/** Any bytes, most of them close to something meaningful. */
const bytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'hello',
        'quit',
        'fork',
        'fork-env ',
        'attach ',
        'child_connect_timeout ',
        'end',
        'BRZ_EMAIL: ',
      ),
      fc.constantFrom(
        'ok',
        'yep, still alive',
        'exited',
        'FAILURE',
        'FAILURE: ',
        '7',
        '256',
        '/d',
        '-',
        "'",
        '"',
        '\\',
      ),
      fc.constantFrom(
        '\n',
        '\n',
        '\n',
        '\r\n',
        '\r',
        ' ',
        '\0',
        '\xff',
        '\xc3',
        '\xc3\xa9',
        '\xef\xbb\xbf',
      ),
      fc.uint8Array({ maxLength: 4 }).map((some) => String.fromCharCode(...some)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => latin1(parts.join('')));

test('any bytes make the same request or refusal, however they are split, and nothing throws', () => {
  const options = { limits: { requestBytesMax: 40 } };
  fc.assert(
    fc.property(bytes, lengths, (sent, pieces) => {
      const whole = new RequestDecoder(options);
      const inPieces = new RequestDecoder(options);
      whole.push(sent);
      for (const piece of cut(sent, pieces)) {
        inPieces.push(piece);
        assert.ok(inPieces.bufferedBytes <= 40);
      }
      assert.deepEqual(inPieces.push(new Uint8Array()), whole.push(new Uint8Array()));
      assert.deepEqual(inPieces.end(), whole.end());
    }),
    { numRuns: 2000 },
  );
});

test('any refusal is answered in one or two short lines', () => {
  fc.assert(
    fc.property(bytes, (sent) => {
      const decoder = new RequestDecoder();
      decoder.push(sent);
      const outcome = decoder.end();
      if (outcome.kind !== 'refused') return;
      const answer = new TextDecoder('utf-8', { fatal: true }).decode(
        encodeRefusal(outcome.reason),
      );
      assert.match(answer, /^(FAILURE\n|FAILURE: )[^\p{Cc}]+\n$/u);
      assert.ok(answer.length <= failureReasonCharactersMax + 10);
    }),
    { numRuns: 1000 },
  );
});

test('any bytes make the same answers or garbage, however they are split, and nothing throws', () => {
  const kind = fc.constantFrom<RequestKind>(
    'hello',
    'quit',
    'fork',
    'child-connect-timeout',
    'attach',
  );
  fc.assert(
    fc.property(kind, bytes, lengths, (asked, sent, pieces) => {
      const whole = new AnswerDecoder(asked);
      const inPieces = new AnswerDecoder(asked);
      const messages = cut(sent, pieces).flatMap((piece) => inPieces.push(piece));
      assert.deepEqual(messages, whole.push(sent));
      assert.deepEqual(inPieces.end(), whole.end());
      assert.ok(inPieces.bufferedBytes <= answerLineBytesMax);
      assert.ok(messages.filter((message) => message.kind === 'garbage').length <= 1);
    }),
    { numRuns: 2000 },
  );
});
