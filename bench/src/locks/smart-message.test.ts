import assert from 'node:assert/strict';
import { it } from 'node:test';
import { encodeRequest, readResponse } from './smart-message.ts';

const lockWrite =
  'bzr message 3 (bzr 1.6)\n\0\0\0\x1cd16:Software version5:3.3.2es\0\0\0\x1el17:Branch.lock_write2:/b0:0:e';

const answer = 'bzr message 3 (bzr 1.6)\n\0\0\0\x02deoSs\0\0\0\x0fl2:ok5:token0:ee';

it('a request has the bytes that Breezy sends', () => {
  const bytes = encodeRequest(['Branch.lock_write', '/b', '', '']);
  assert.equal(bytes.toString('latin1'), `${lockWrite}e`);
});

it('an answer is read once it is complete, wherever it was cut, and later bytes are left', () => {
  const bytes = Buffer.from(answer, 'latin1');
  for (let cut = 0; cut < bytes.length; cut += 1)
    assert.equal(readResponse(bytes.subarray(0, cut)), null, `${cut}`);
  const read = readResponse(Buffer.concat([bytes, bytes]));
  assert.deepEqual(read, { answer: { ok: true, words: ['ok', 'token', ''] }, bytes: bytes.length });
});

it('a refusal is distinguished from a success', () => {
  const bytes = Buffer.from(answer.replace('oS', 'oE'), 'latin1');
  assert.equal(readResponse(bytes)?.answer.ok, false);
});

it('bytes that are not an answer are refused', () => {
  assert.throws(() => readResponse(Buffer.from('hatchery: you may not do this\n')), /no answer/);
  assert.throws(
    () => readResponse(Buffer.from(answer.replace('oS', 'xS'), 'latin1')),
    /unknown kind "x"/,
  );
});
