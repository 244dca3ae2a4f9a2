import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ask, temporaryDirectory } from '@hatchery/testkit';
import { listenUnix } from './listen-unix.ts';

function greeter(word: string): Server {
  return createServer((socket) => {
    // Whoever only looks whether somebody is there does not wait for the greeting.
    socket.on('error', () => undefined).end(word);
  });
}

/** Listens on a path in a directory of its own while `story` runs. */
async function withPath(story: (path: string, server: Server) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const server = greeter('new');
  try {
    await story(join(directory.path, 'socket'), server);
  } finally {
    server.close();
  }
}

describe('listenUnix', () => {
  it('listens with the mode it is given', async () => {
    await withPath(async (path, server) => {
      await listenUnix(server, path, 0o640);
      assert.equal(statSync(path).mode & 0o777, 0o640);
      assert.equal(await ask(path), 'new');
    });
  });

  it('replaces the socket of a service that died', async () => {
    await withPath(async (path, server) => {
      // A process that exits without closing its server leaves the socket.
      const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', script]);
      assert.ok(statSync(path).isSocket());
      await listenUnix(server, path, 0o600);
      assert.equal(await ask(path), 'new');
    });
  });

  it('leaves a living service alone', async () => {
    await withPath(async (path, server) => {
      const living = greeter('old');
      await listenUnix(living, path, 0o600);
      await assert.rejects(listenUnix(server, path, 0o600), {
        code: 'start_failed',
        message: /taken by a running service/,
      });
      assert.equal(await ask(path), 'old');
      living.close();
    });
  });

  it('removes nothing that is no socket', async () => {
    await withPath(async (path, server) => {
      writeFileSync(path, 'precious');
      await assert.rejects(listenUnix(server, path, 0o600), { code: 'start_failed', message: /is in the way/ });
      assert.equal(readFileSync(path, 'utf8'), 'precious');
    });
    await withPath(async (path, server) => {
      mkdirSync(path);
      await assert.rejects(listenUnix(server, path, 0o600), { code: 'start_failed' });
      assert.ok(statSync(path).isDirectory());
    });
  });

  it('says which path cannot be used', async () => {
    await withPath(async (path, server) => {
      await assert.rejects(listenUnix(server, join(path, 'in', 'nothing'), 0o600), {
        code: 'start_failed',
        message: /^cannot listen on .*\/in\/nothing/,
      });
    });
  });
});
