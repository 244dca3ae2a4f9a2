import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, ask, ForkerProcess, OldClient, runSession } from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import type { ForkerOptions } from '@hatchery/testkit';
import { newChildName } from '../src/children/forking/child-name.ts';

/**
 * Starts a forker that must not come up; what it said, after a check that nothing is left of it.
 */
async function failedStart(directory: string, options: ForkerOptions = {}): Promise<string> {
  const baseline = takeBaseline();
  let stderr: string;
  {
    await using forker = ForkerProcess.spawn(directory, options);
    assert.deepEqual(await forker.ended(), { code: 1, signal: null }, forker.stderr);
    ({ stderr } = forker);
  }
  await assertNothingLeft(directory, baseline);
  assert.doesNotMatch(stderr, /Listening on socket/);
  return stderr;
}

/** A manifest of modules to preload, for the Breezy that the build found. */
function writeManifest(directory: string, modules: readonly string[]): string {
  const built = new URL('../dist/preload.json', import.meta.url);
  const { breezy } = JSON.parse(readFileSync(built, 'utf8')) as { breezy: string };
  const path = join(directory, 'preload.json');
  writeFileSync(path, JSON.stringify({ format: 1, breezy, modules }));
  return path;
}

describe('a service that starts', () => {
  it('says first where it listens, and nothing before it does', async () => {
    using directory = temporaryDirectory();
    await using forker = await ForkerProcess.start(directory.path);
    assert.equal(
      forker.stderr.split('\n', 1)[0],
      `Listening on socket: ${join(directory.path, 'run', 'forker.sock')}`,
    );
    assert.equal(await ask(forker.socket, 'hello\n'), 'ok\nyep, still alive\n');
  });

  it('beside a living one is refused in one line, and disturbs nothing', async () => {
    using directory = temporaryDirectory();
    await using living = await ForkerProcess.start(directory.path);
    await using second = ForkerProcess.spawn(directory.path);
    assert.deepEqual(await second.ended(), { code: 1, signal: null });
    assert.match(
      second.stderr,
      /^forker: \S+ is taken by a running service; stop it, or configure another runtime_dir\n$/,
    );
    assert.equal((await runSession(living.socket, 'fork rocks\n')).status, 0);
  });

  it('replaces the socket of a dead one', async () => {
    using directory = temporaryDirectory();
    {
      await using killed = await ForkerProcess.start(directory.path);
      killed.kill('SIGKILL');
      await killed.ended();
      assert.ok(existsSync(killed.socket));
    }
    await using forker = await ForkerProcess.start(directory.path);
    assert.equal(await ask(forker.socket, 'hello\n'), 'ok\nyep, still alive\n');
  });

  it('removes what has expired and belongs to nobody from its runtime directory, and nothing else', async () => {
    using directory = temporaryDirectory();
    const runtime = join(directory.path, 'run');
    const name = (owner: string, at: Date): string =>
      `lp-forking-service-child-${newChildName(owner, at, 120)}`;
    const old = new Date(0);
    const malformed = [
      '',
      'x',
      'abcdef-zz-0',
      `${newChildName(runtime, old, 120)}.old`,
      newChildName(runtime, old, 120).toUpperCase(),
    ];
    const stale = [1, 2, 3].map(() => name(runtime, old));
    const kept = [
      name(runtime, new Date()),
      name('/elsewhere', old),
      ...malformed.map((end) => `lp-forking-service-child-${end}`),
      newChildName(runtime, old, 120),
    ];
    for (const one of [...stale, ...kept]) mkdirSync(join(runtime, one), { recursive: true });
    writeFileSync(join(runtime, stale[0] ?? '', 'stdin'), 'not even a FIFO');
    await using forker = await ForkerProcess.start(directory.path);
    assert.deepEqual(
      stale.filter((one) => existsSync(join(runtime, one))),
      [],
    );
    assert.deepEqual(
      kept.filter((one) => !existsSync(join(runtime, one))),
      [],
    );
    assert.match(forker.stderr, /stale pipe directories are removed/);
    // Not ours by their names: the hygiene check of these tests would take them for what we left.
    for (const one of kept) rmSync(join(runtime, one), { recursive: true });
  });

  it('beside another one on the machine leaves the children of that alone, and its socket', async () => {
    using directory = temporaryDirectory();
    const [one, other] = ['one', 'other'].map((name) => join(directory.path, name)) as [
      string,
      string,
    ];
    for (const path of [one, other]) mkdirSync(path);
    // The sockets beside each other, as in one runtime directory of two configurations.
    await using first = await ForkerProcess.start(one, {
      config: `[forker]\nsocket = "${join(directory.path, '1.sock')}"\n`,
    });
    using waiting = await OldClient.fork(first.socket, 'fork rocks\n');
    await using second = await ForkerProcess.start(other, {
      config: `[forker]\nsocket = "${join(directory.path, '2.sock')}"\n`,
    });
    assert.equal((await runSession(second.socket, 'fork rocks\n')).status, 0);
    assert.deepEqual(await second.stop(), { code: 0, signal: null });
    assert.ok(existsSync(waiting.directory));
    assert.deepEqual(await waiting.open().finished(), { stdout: 'It sure does!\n', stderr: '' });
  });

  it('at the same moment as others leaves one of them, and no two', async () => {
    using directory = temporaryDirectory();
    const forkers = [1, 2, 3, 4].map(() => ForkerProcess.spawn(directory.path));
    await using stack = new AsyncDisposableStack();
    for (const forker of forkers) stack.use(forker);
    const listens = (): ForkerProcess[] =>
      forkers.filter(({ stderr }) => stderr.includes('Listening on socket'));
    await until('one that listens', () => listens().length > 0);
    const losers = forkers.filter((forker) => !listens().includes(forker));
    for (const loser of losers) assert.deepEqual(await loser.ended(), { code: 1, signal: null });
    for (const { stderr } of losers) assert.match(stderr, /is taken by a running service/);
    assert.equal(listens().length, 1);
  });

  it('with a state directory that another one writes in is refused', async () => {
    using directory = temporaryDirectory();
    await using living = await ForkerProcess.start(directory.path);
    const config = `runtime_dir = "${join(directory.path, 'run2')}"\n`;
    await using second = ForkerProcess.spawn(directory.path, { config });
    assert.deepEqual(await second.ended(), { code: 1, signal: null });
    assert.match(
      second.stderr,
      /is taken by a running service; stop it, or configure another state_dir\n$/,
    );
    assert.equal((await runSession(living.socket, 'fork rocks\n')).status, 0);
  });
});

describe('a start that cannot succeed', () => {
  it('for a module that is missing names the step, and leaves nothing', async () => {
    using directory = temporaryDirectory();
    const manifest = writeManifest(directory.path, ['json', 'no_such_module_anywhere']);
    const stderr = await failedStart(directory.path, { options: ['--preload', manifest] });
    const lines = stderr.trimEnd().split('\n');
    assert.match(
      lines.at(-1) ?? '',
      /^forker: the zygote failed while importing no_such_module_anywhere: ModuleNotFoundError: .* \(exit 1\)$/,
    );
    // Before it only the log's line about the same, with the stack.
    assert.equal(lines.length, 2, stderr);
    assert.match(lines[0] ?? '', /ERROR: forker: zygote failed/);
  });

  it('without the list of modules that it is told to load says so', async () => {
    using directory = temporaryDirectory();
    const manifest = join(directory.path, 'none.json');
    const stderr = await failedStart(directory.path, { options: ['--preload', manifest] });
    assert.equal(
      stderr,
      `forker: ${manifest} is missing, the list of modules to preload; leave out --preload\n`,
    );
  });

  it('for a file in place of its socket does not touch it', async () => {
    using directory = temporaryDirectory();
    const precious = join(directory.path, 'precious');
    writeFileSync(precious, 'data');
    const stderr = await failedStart(directory.path, {
      config: `[forker]\nsocket = "${precious}"\n`,
    });
    assert.match(
      stderr,
      /^forker: \S+precious is in the way .*; remove it, or configure another socket\n$/,
    );
    assert.equal(readFileSync(precious, 'utf8'), 'data');
  });

  it('for a socket that a living service answers on starts no keeper of its own for long', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'other.sock');
    const other = createServer((socket) => socket.destroy()).listen(path);
    try {
      const stderr = await failedStart(directory.path, {
        config: `[forker]\nsocket = "${path}"\n`,
      });
      assert.match(stderr, /^forker: \S+ is taken by a running service/);
    } finally {
      other.close();
    }
  });

  for (const [where, root, why] of [
    ['in the place', 'file', 'a file is in its place; move it away'],
    ['above the place', 'file/hosting', 'the file FILE is in its way; move that away'],
  ] as const) {
    it(`for a directory that cannot be made, with a file ${where} of it, says so`, async () => {
      using directory = temporaryDirectory();
      writeFileSync(join(directory.path, 'file'), '');
      const path = join(directory.path, root);
      const told = why.replace('FILE', join(directory.path, 'file'));
      const stderr = await failedStart(directory.path, { config: `[hosting]\nroot = "${path}"\n` });
      assert.equal(stderr, `forker: cannot make ${path}: ${told}, or configure another\n`);
    });
  }

  it('for a children timeout that is no number says so', async () => {
    using directory = temporaryDirectory();
    const stderr = await failedStart(directory.path, { options: ['--children-timeout', 'long'] });
    assert.equal(stderr, "forker: --children-timeout takes a number of seconds, not 'long'\n");
  });
});
