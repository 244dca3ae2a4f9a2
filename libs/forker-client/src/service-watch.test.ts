import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory, within } from '@hatchery/testkit';
import { forkChild } from './fork-child.ts';
import { forkLateAgainMs, forkLateMs } from './limits.ts';

interface Service {
  readonly path: string;
  readonly hellos: () => number;
  /** The connection of the fork, once it is asked for. */
  readonly forking: Promise<Socket>;
}

/** A fork service that the test plays itself; `hello` says whether it answers that. */
async function withService(
  hello: (count: number) => boolean,
  story: (service: Service) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'fork.sock');
  const forking = Promise.withResolvers<Socket>();
  let hellos = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString() !== 'hello\n') return forking.resolve(socket);
      hellos += 1;
      if (hello(hellos)) socket.end('ok\nyep, still alive\n');
    });
  }).listen(path);
  await once(server, 'listening');
  try {
    await story({ path, hellos: () => hellos, forking: forking.promise });
  } finally {
    server.close();
  }
}

const request = { command: ['rocks'], environment: {} } as const;

describe('a fork that is late', () => {
  it('is waited for while the service answers hello', async () => {
    await withService(
      () => true,
      async ({ path, hellos, forking }) => {
        const child = forkChild({ ...request, socket: path });
        const connection = await forking;
        await new Promise((resolve) => setTimeout(resolve, forkLateMs + 2 * forkLateAgainMs));
        connection.write('ok\n7\n/run/lp-forking-service-child-c1\n');
        assert.equal((await within('the child', child)).id, 'c1');
        assert.ok(hellos() > 1);
        connection.destroy();
      },
    );
  });

  it('is given up when it does not, or does not any more', async () => {
    for (const answered of [0, 1]) {
      await withService(
        (count) => count <= answered,
        async ({ path }) => {
          const child = within('a refusal', forkChild({ ...request, socket: path }));
          await assert.rejects(child, {
            code: 'forker_unavailable',
            message: /gives no answer, not even to hello/,
          });
        },
      );
    }
  });

  it('asks once for all that wait', async () => {
    await withService(
      () => false,
      async ({ path, hellos }) => {
        const children = Array.from({ length: 20 }, () => forkChild({ ...request, socket: path }));
        await within('all refusals', Promise.allSettled(children));
        assert.equal(hellos(), 1);
      },
    );
  });

  it('takes the end of the service for what its own connection says', async () => {
    await withService(
      () => false,
      async ({ path, forking }) => {
        const child = forkChild({ ...request, socket: path });
        (await forking).end();
        await assert.rejects(child, {
          code: 'forker_unavailable',
          message: /closed the connection/,
        });
      },
    );
  });
});
