import assert from 'node:assert/strict';
import test from 'node:test';
import { chunkings } from '../test-support/chunkings.ts';
import { decodedRequest } from '../test-support/decoded-request.ts';
import { requestBytesMax } from './limits.ts';
import { encodeRefusal, requestTimedOut, requestTimedOutAnswer, refusalAnswer } from './refusal.ts';
import { RequestDecoder } from './request-decoder.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const tooLong = { kind: 'refused', reason: { code: 'too-long', bytesMax: requestBytesMax } };

/** A fork request of exactly this many bytes. */
function forkOf(bytes: number): Uint8Array {
  return encodeUtf8(`fork ${'x'.repeat(bytes - 'fork \n'.length)}\n`);
}

test('accepts a request of exactly the limit', () => {
  assert.equal(requestBytesMax, 65_536);
  assert.equal(decodedRequest([forkOf(requestBytesMax)]).kind, 'request');
});

test('refuses a request that is one byte longer', () => {
  assert.deepEqual(decodedRequest([forkOf(requestBytesMax + 1)]), tooLong);
});

test('counts the lines of a fork-env together', () => {
  const line = `BRZ_EMAIL: ${'x'.repeat(500)}\n`;
  assert.deepEqual(decodedRequest([encodeUtf8(`fork-env a\n${line.repeat(200)}end\n`)]), tooLong);
});

test('refuses at the first byte beyond the limit and never holds more than the limit', () => {
  const decoder = new RequestDecoder();
  const half = new Uint8Array(requestBytesMax / 2).fill(0x78);
  assert.equal(decoder.push(half).kind, 'incomplete');
  assert.equal(decoder.push(half).kind, 'incomplete');
  assert.equal(decoder.bufferedBytes, requestBytesMax);
  assert.deepEqual(decoder.push(Uint8Array.of(0x78)), tooLong);
  assert.equal(decoder.bufferedBytes, 0);
});

test('refuses a huge chunk without holding it', () => {
  const decoder = new RequestDecoder();
  assert.deepEqual(decoder.push(new Uint8Array(16 * 1024 * 1024)), tooLong);
  assert.equal(decoder.bufferedBytes, 0);
});

test('accepts a short request whatever follows it in the chunk', () => {
  const bytes = new Uint8Array(requestBytesMax * 2);
  bytes.set(encodeUtf8('hello\n'));
  assert.deepEqual(decodedRequest([bytes]), { kind: 'request', request: { kind: 'hello' } });
});

test('applies a configured limit, however the bytes are split', () => {
  const options = { limits: { requestBytesMax: 12 } };
  for (const chunks of chunkings(encodeUtf8('fork 3456 8\n'))) {
    assert.equal(decodedRequest(chunks, options).kind, 'request');
  }
  for (const chunks of chunkings(encodeUtf8('fork 3456 89\n'))) {
    assert.deepEqual(decodedRequest(chunks, options), {
      kind: 'refused',
      reason: { code: 'too-long', bytesMax: 12 },
    });
  }
});

test('answers a request that is too long with the message of protocol 1', () => {
  const answer = decodeUtf8(encodeRefusal({ code: 'too-long', bytesMax: requestBytesMax }));
  assert.equal(answer, 'FAILURE\nrequest too long: more than 65536 bytes\n');
});

test('answers a request that timed out with the message of protocol 1', () => {
  assert.equal(decodeUtf8(encodeRefusal(requestTimedOut)), 'FAILURE\nrequest timed out\n');
  assert.deepEqual(refusalAnswer(requestTimedOut), requestTimedOutAnswer);
});
