import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RequestListener } from 'node:http';
import { temporaryDirectory } from '@hatchery/testkit';
import { controlRequest } from './control-request.ts';
import { serveOn } from './feed.test-support.ts';

/** What one POST comes to when it is answered so. */
async function post(listener: RequestListener): Promise<unknown> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'control.sock');
  await using _server = await serveOn(path, listener);
  return await controlRequest(path, 'POST', '/v1/drain', { actor: 'ops', reason: 'ü' });
}

function answering(status: number, text: string): RequestListener {
  return (_request, response) => void response.writeHead(status).end(text);
}

describe('controlRequest', () => {
  it('sends one request, and returns the JSON of its answer', async () => {
    const answer = await post((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () =>
        response
          .writeHead(202)
          .end(JSON.stringify([request.method, request.url, JSON.parse(text)])),
      );
    });
    assert.deepEqual(answer, ['POST', '/v1/drain', { actor: 'ops', reason: 'ü' }]);
  });

  it('takes an empty answer for null', async () => {
    assert.equal(await post(answering(202, '')), null);
  });

  it('rejects with the status and the words of a refusal', async () => {
    const refusal = {
      code: 'control_refused',
      fault: 'client',
      status: 409,
      message: 'it has ended',
    };
    await assert.rejects(post(answering(409, '{"error":"it has ended"}')), refusal);
  });

  it('finds words of its own for a refusal without any', async () => {
    for (const text of ['', 'null', '{}', '{"error":7}', '[]']) {
      await assert.rejects(
        post(answering(500, text)),
        { status: 500, message: 'the service answered 500' },
        text,
      );
    }
  });

  it('rejects when the answer is no JSON, or breaks off', async () => {
    await assert.rejects(post(answering(200, '<html>')), SyntaxError);
    await assert.rejects(
      post((_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{');
        setImmediate(() => response.destroy());
      }),
      { code: 'ECONNRESET' },
    );
  });

  it('rejects with the system error when nobody listens', async () => {
    using directory = temporaryDirectory();
    await assert.rejects(controlRequest(join(directory.path, 'none'), 'GET', '/v1/state'), {
      code: 'ENOENT',
    });
  });
});
