import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { firstReply } from './first-reply.ts';

const never = new AbortController().signal;

describe('the first reply', () => {
  it('is requested, and complete with its last byte', async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const replied = firstReply(stdin, stdout, never);
    assert.equal(String(stdin.read()), 'hello\n');
    stdout.write('ok\x01');
    stdout.write('2\n');
    await replied;
  });

  for (const wrong of ['ok\x013\n', 'ok\x012\nmore', 'bzr: ERROR: no such command\n']) {
    it(`is an error and not a figure when it is ${JSON.stringify(wrong)}`, async () => {
      const stdout = new PassThrough();
      const replied = firstReply(new PassThrough(), stdout, never);
      stdout.write(wrong);
      await assert.rejects(replied, { message: `the first reply was ${JSON.stringify(wrong)}` });
    });
  }

  it('is an error when the session ends before it', async () => {
    const stdout = new PassThrough();
    const replied = firstReply(new PassThrough(), stdout, never);
    stdout.end('ok');
    await assert.rejects(replied, /it ended after "ok", before its first reply/);
  });

  it('is no longer awaited when the run is interrupted', async () => {
    await assert.rejects(
      firstReply(new PassThrough(), new PassThrough(), AbortSignal.abort()),
      /interrupted/,
    );
  });
});
