import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { attachChild, forkChild, type ForkedChild } from './fork-child.ts';

const directory = '/run/lp-forking-service-child-c1';
const forked = `ok\n7\n${directory}\n`;

/** A fork service that the test plays itself. */
interface Service {
  readonly path: string;
  /** The connection of the client, once its whole request has come. */
  readonly asked: Promise<Socket>;
  /** The request as it came. */
  request(): string;
}

async function withService(story: (service: Service) => Promise<void>): Promise<void> {
  using scratch = temporaryDirectory();
  const path = join(scratch.path, 'fork.sock');
  let request = '';
  let connection: Socket | null = null;
  const asked = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    connection = socket;
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        request += chunk.toString();
        if (/^attach .*\n$|\nend\n$/.test(request)) asked.resolve(socket);
      });
  }).listen(path);
  await once(server, 'listening');
  try {
    await story({ path, asked: asked.promise, request: () => request });
  } finally {
    (connection as Socket | null)?.destroy();
    server.close();
  }
}

function fork(socket: string, signal?: AbortSignal): Promise<ForkedChild> {
  const options = { socket, command: ['whoami', 'a b'], environment: { BRZ_EMAIL: 'x' } };
  return within('an answer', forkChild(signal === undefined ? options : { ...options, signal }));
}

/** A child of a service that answers as the protocol says. */
async function forkFrom({
  path,
  asked,
}: Service): Promise<{ child: ForkedChild; connection: Socket }> {
  const child = fork(path);
  const connection = await asked;
  connection.write(forked);
  return { child: await child, connection };
}

/** What a fork comes to when the service answers `text` and closes. */
async function forkAnswered(text: string): Promise<ForkedChild | undefined> {
  let child: ForkedChild | undefined;
  await withService(async ({ path, asked }) => {
    const forking = fork(path);
    forking.catch(() => undefined);
    (await asked).end(text);
    child = await forking;
  });
  return child;
}

describe('forkChild', () => {
  it('sends one request, and resolves with the child', async () => {
    await withService(async (service) => {
      const { child } = await forkFrom(service);
      assert.equal(service.request(), "fork-env whoami 'a b'\nBRZ_EMAIL: x\nend\n");
      assert.deepEqual([child.id, child.pid, child.directory], ['c1', 7, directory]);
      child[Symbol.dispose]();
      await assert.rejects(child.exited, { code: 'forker_unavailable' });
    });
  });

  // Launchpad's own client took half of the message for garbage.
  it('waits for the other half of an exit', async () => {
    const message = 'exited\n256\n';
    for (let at = 1; at < message.length; at += 1) {
      await withService(async (service) => {
        const { child, connection } = await forkFrom(service);
        connection.write(message.slice(0, at));
        let settled = false;
        child.exited.then(() => (settled = true)).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(settled, false, `cut at ${at}`);
        connection.write(message.slice(at));
        assert.equal(await within('the exit', child.exited), 256);
      });
    }
  });

  it('takes an answer that comes with its exit in one piece, or byte by byte', async () => {
    assert.equal(await (await forkAnswered(`${forked}exited\n14\n`))?.exited, 14);
    await withService(async ({ path, asked }) => {
      const forking = fork(path);
      const connection = await asked;
      for (const byte of `${forked}exited\n14\n`) {
        connection.write(byte);
        await new Promise(setImmediate);
      }
      assert.equal(await (await forking).exited, 14);
    });
  });

  it('rejects with the reason of a refusal, and never answers its exit', async () => {
    const refusal = {
      code: 'fork_refused',
      reason: 'the service is being drained and takes no new session; try again in a minute',
    };
    await assert.rejects(forkAnswered(`FAILURE\n${refusal.reason}\n`), refusal);
  });

  it('rejects when nobody listens', async () => {
    using scratch = temporaryDirectory();
    await assert.rejects(fork(join(scratch.path, 'none')), {
      code: 'forker_unavailable',
      message: /ENOENT/,
    });
  });

  it('rejects when the service closes before its answer, wherever that is cut', async () => {
    for (let at = 0; at < forked.length; at += 1) {
      await assert.rejects(
        forkAnswered(forked.slice(0, at)),
        { code: 'forker_unavailable' },
        `cut at ${at}`,
      );
    }
  });

  it('rejects garbage with what was said and what was expected', async () => {
    for (const text of [
      'nonsense\n',
      'ok\nnone\n',
      'ok\n7\nrelative\n',
      `ok\n-7\n${directory}\n`,
      `${'x'.repeat(10_000)}\n`,
    ]) {
      await assert.rejects(
        forkAnswered(text),
        { code: 'forker_unavailable', message: /instead of/ },
        text.slice(0, 20),
      );
    }
  });

  it('rejects a directory that is no directory of pipes', async () => {
    await assert.rejects(forkAnswered('ok\n7\n/home/alice\n'), {
      message: /named the pipe directory \/home\/alice/,
    });
  });

  it('ends at once when it is aborted, before or after it has dialled', async () => {
    await withService(async ({ path, asked }) => {
      const abort = new AbortController();
      const forking = fork(path, abort.signal);
      const connection = await asked;
      const closed = once(connection, 'close');
      abort.abort();
      await assert.rejects(forking, { code: 'forker_unavailable', message: /aborted/ });
      await within('the connection to close', closed);
      await assert.rejects(fork(path, AbortSignal.abort()), { name: 'AbortError' });
    });
  });

  it('does not mind an abort once the child is there', async () => {
    await withService(async (service) => {
      const abort = new AbortController();
      const forking = fork(service.path, abort.signal);
      const connection = await service.asked;
      connection.write(forked);
      const child = await forking;
      abort.abort();
      connection.write('exited\n0\n');
      assert.equal(await within('the exit', child.exited), 0);
    });
  });
});

describe('the exit of a forked child', () => {
  it('rejects when the service goes away first, even in the middle of the message', async () => {
    for (const part of ['', 'exited\n', 'exited\n25']) {
      await withService(async (service) => {
        const { child, connection } = await forkFrom(service);
        connection.end(part);
        await assert.rejects(within('the end', child.exited), { code: 'forker_unavailable' }, part);
      });
    }
  });

  it('rejects garbage in its place', async () => {
    for (const text of ['nonsense\n', 'exited\nsoon\n', 'exited\n65536\n', 'ok\n']) {
      await withService(async (service) => {
        const { child, connection } = await forkFrom(service);
        connection.write(text);
        await assert.rejects(within('the end', child.exited), { message: /instead of/ }, text);
      });
    }
  });

  it('that nobody asks for does no harm when it rejects', async () => {
    await withService(async (service) => {
      const { connection } = await forkFrom(service);
      connection.destroy();
      await until('the client to have seen it', () => connection.destroyed);
    });
  });
});

describe('attachChild', () => {
  it('takes up a child by its id', async () => {
    await withService(async ({ path, asked, request }) => {
      const attaching = attachChild({ socket: path }, 'c1');
      (await asked).end(`${forked}exited\n9\n`);
      const child = await within('an answer', attaching);
      assert.equal(request(), 'attach c1\n');
      assert.deepEqual([child.pid, await child.exited], [7, 9]);
    });
  });

  it('refuses an id that no request can carry, before it dials', async () => {
    await withService(async ({ path, request }) => {
      await assert.rejects(attachChild({ socket: path }, 'a b\nquit'), { code: 'bad-id' });
      assert.equal(request(), '');
    });
  });
});
