import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ask, temporaryDirectory } from '@hatchery/testkit';
import { predecessorSocketPath, UnixName } from './unix-name.ts';

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

describe('UnixName', () => {
  it('listens with the mode it is given', async () => {
    await withPath(async (path, server) => {
      await UnixName.open(server, path, { mode: 0o640 });
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
      await UnixName.open(server, path, { mode: 0o600 });
      assert.equal(await ask(path), 'new');
    });
  });

  it('leaves a living service alone', async () => {
    await withPath(async (path, server) => {
      const living = greeter('old');
      await UnixName.open(living, path, { mode: 0o600 });
      await assert.rejects(UnixName.open(server, path, { mode: 0o600 }), {
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
      await assert.rejects(UnixName.open(server, path, { mode: 0o600 }), {
        code: 'start_failed',
        message: /is in the way/,
      });
      assert.equal(readFileSync(path, 'utf8'), 'precious');
    });
    await withPath(async (path, server) => {
      mkdirSync(path);
      await assert.rejects(UnixName.open(server, path, { mode: 0o600 }), { code: 'start_failed' });
      assert.ok(statSync(path).isDirectory());
    });
  });

  it('takes the name of a living one when it is told to, and clients find one of the two all along', async () => {
    await withPath(async (path, server) => {
      const old = greeter('old');
      using _oldName = await UnixName.open(old, path, { mode: 0o600 });
      using name = await UnixName.listen(server, path, { mode: 0o640 });
      assert.equal(await ask(path), 'old');
      name.take();
      assert.equal(await ask(path), 'new');
      assert.equal(statSync(path).mode & 0o777, 0o640);
    });
  });

  it('that has been replaced leaves the name to its successor, and one that was not takes it along', async () => {
    await withPath(async (path, server) => {
      const old = await UnixName.open(greeter('old'), path, { mode: 0o600 });
      const name = await UnixName.listen(server, path, { mode: 0o600 });
      name.take();
      old[Symbol.dispose]();
      assert.equal(await ask(path), 'new');
      name[Symbol.dispose]();
      assert.ok(!existsSync(path));
      assert.deepEqual(readdirSync(dirname(path)), []);
    });
  });

  it('that is left to a successor is not removed, and whoever opens next has it', async () => {
    await withPath(async (path, server) => {
      const old = await UnixName.open(greeter('old'), path, { mode: 0o600 });
      old.leave();
      assert.ok(statSync(path).isSocket(), 'a successor may be taking it just now');
      using _name = await UnixName.open(server, path, { mode: 0o600 });
      assert.equal(await ask(path), 'new');
    });
  });

  it('that never took the name leaves nothing', async () => {
    await withPath(async (path, server) => {
      const name = await UnixName.listen(server, path, { mode: 0o600 });
      name[Symbol.dispose]();
      assert.deepEqual(readdirSync(dirname(path)), []);
    });
  });

  it('gives the name back to a predecessor that it does not outlive', async () => {
    await withPath(async (path, server) => {
      using old = await UnixName.open(greeter('old'), path, { mode: 0o600 });
      const name = await UnixName.listen(server, path, { mode: 0o600 });
      name.take({ pid: process.ppid, lives: () => true });
      assert.ok(old.isReplaced);
      assert.equal(await ask(path), 'new');
      name[Symbol.dispose]();
      assert.ok(!old.isReplaced);
      assert.equal(await ask(path), 'old');
      assert.deepEqual(readdirSync(dirname(path)), ['socket']);
    });
  });

  it('takes the name along when the predecessor has ended meanwhile, which is given nothing', async () => {
    await withPath(async (path, server) => {
      using _old = await UnixName.open(greeter('old'), path, { mode: 0o600 });
      let lives = true;
      const name = await UnixName.listen(server, path, { mode: 0o600 });
      name.take({ pid: process.ppid, lives: () => lives });
      lives = false;
      name.release();
      assert.ok(!existsSync(path));
      server.close();
    });
  });

  it('that is released still answers those who are on their way', async () => {
    await withPath(async (path, server) => {
      const name = await UnixName.open(server, path, { mode: 0o600 });
      linkSync(path, `${path}.seen`);
      name.release();
      assert.ok(!existsSync(path));
      assert.equal(await ask(`${path}.seen`), 'new');
      rmSync(`${path}.seen`);
    });
  });

  it('removes the sockets that killed ones have left beside the name, and nothing else', async () => {
    await withPath(async (path, server) => {
      const { pid } = spawnSync('true');
      const dead = [`.${pid.toString(36)}-1`, `socket.${pid}-`];
      const others = [
        `.${process.ppid.toString(36)}-1`,
        `socket.${process.ppid}-`,
        `other.${pid}-`,
      ];
      const live = greeter('x');
      await new Promise<void>((resolve) => live.listen(`${path}.origin`, resolve));
      for (const name of [...dead, ...others])
        linkSync(`${path}.origin`, join(dirname(path), name));
      writeFileSync(join(dirname(path), `.${pid.toString(36)}-2`), 'precious');
      await UnixName.open(server, path, { mode: 0o600 });
      const left = ['socket', 'socket.origin', `.${pid.toString(36)}-2`, ...others];
      assert.deepEqual(readdirSync(dirname(path)).sort(), left.sort());
      live.close();
    });
  });

  it('removes them at its end as well: there may be no next one', async () => {
    await withPath(async (path, server) => {
      const { pid } = spawnSync('true');
      const name = await UnixName.open(server, path, { mode: 0o600 });
      linkSync(path, predecessorSocketPath(path, pid));
      linkSync(path, predecessorSocketPath(path, process.ppid));
      name[Symbol.dispose]();
      assert.deepEqual(readdirSync(dirname(path)), [`socket.${process.ppid}-`]);
    });
  });

  it('is spoken of in the words of whoever opens it', async () => {
    await withPath(async (path, server) => {
      using _living = await UnixName.open(greeter('old'), path, { mode: 0o600 });
      const taken = 'one of these runs already';
      await assert.rejects(UnixName.open(server, path, { mode: 0o600, taken }), { message: taken });
      const called = 'the door';
      await assert.rejects(UnixName.open(server, path, { mode: 0o600, called }), {
        message: /^the door is taken by/,
      });
      const nowhere = join(path, 'nothing');
      await assert.rejects(UnixName.listen(server, nowhere, { mode: 0o600, called }), {
        message: /^cannot listen on the door: /,
      });
    });
  });

  it('says which path cannot be used', async () => {
    await withPath(async (path, server) => {
      await assert.rejects(UnixName.open(server, join(path, 'in', 'nothing'), { mode: 0o600 }), {
        code: 'start_failed',
        message: /^cannot listen on .*\/in\/nothing/,
      });
    });
  });
});
