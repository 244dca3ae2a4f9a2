import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, takeBaseline, temporaryDirectory, until, within } from '@hatchery/testkit';
import { configure, hatchery, main } from './hatchery.test-support.ts';

/** What is in the way of a start, after which step, and the cause that it tells. */
const faults: readonly (readonly [what: string, make: (state: string) => void, cause: RegExp])[] = [
  [
    'the socket of the supervisor, which comes after all parts',
    (state) => mkdirSync(join(state, 'run/supervisor.sock/in the way'), { recursive: true }),
    /^hatchery: start: cannot listen on \S+supervisor\.sock: .*; move away what is in its place/,
  ],
  [
    'the records of the parts',
    (state) => writeFileSync(join(state, 'parts'), ''),
    /^hatchery: start: forker: cannot write down that it runs: .*; see state_dir$/m,
  ],
  [
    'the runtime directory',
    (state) => writeFileSync(join(state, 'run'), ''),
    /^hatchery: start: forker: cannot make \S+: a file is in its place; move it away/m,
  ],
  ['the users directory', (state) => writeFileSync(join(state, 'users'), ''), /^hatchery: start: EEXIST: .*users/m],
  [
    'the place of the audit',
    (state) => writeFileSync(join(state, 'audit'), ''),
    /^hatchery: start: forker: cannot use \S+audit: /,
  ],
];

describe('a start that fails half way', () => {
  for (const [what, make, cause] of faults) {
    it(`ends everything and tells the cause when something is in the way of ${what}`, async () => {
      using directory = temporaryDirectory();
      const { path } = directory;
      const baseline = takeBaseline();
      configure(path);
      mkdirSync(join(path, 'state'));
      make(join(path, 'state'));
      const { code, stdout, stderr } = await hatchery(path, 'start');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, cause);
      await assertNothingLeft(path, baseline);
      assert.match((await hatchery(path, 'stop')).stderr, /nothing runs on/);
    });
  }

  it('goes on without what is only for the demo', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    configure(path);
    mkdirSync(join(path, 'state/demo/ssh/in the way'), { recursive: true });
    const started = await hatchery(path, 'start');
    assert.deepEqual([started.code, started.stderr], [0, '']);
    const log = readFileSync(join(path, 'state/hatchery.log'), 'utf8');
    assert.match(log, /^hatchery: the ssh of the demo user cannot be written: .*; going on without it$/m);
    assert.equal((await hatchery(path, 'stop')).code, 0);
    await assertNothingLeft(path, baseline);
  });
});

/** A start of which is known what its log says. */
class Starting {
  readonly process: ChildProcess;
  readonly #directory: string;

  constructor(directory: string, ...words: string[]) {
    this.#directory = directory;
    const argv = [main, ...words, '--config', 'own.toml', '--state-dir', 'state'];
    const log = words[0] === 'up' ? 'pipe' : 'ignore';
    this.process = spawn(process.execPath, argv, { cwd: directory, stdio: ['ignore', 'ignore', log] });
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
  }

  #said = '';

  async says(line: string): Promise<void> {
    const log = join(this.#directory, 'state/hatchery.log');
    await until(`'${line}'`, () => this.#said.includes(line) || readIfAny(log).includes(line));
  }
}

describe('a start that is interrupted', () => {
  for (const [line, signal] of [
    ['making the user', 'SIGTERM'],
    ['Listening on socket', 'SIGHUP'],
    ['listening', 'SIGINT'],
  ] as const) {
    it(`by ${signal} when it says '${line}' leaves nothing`, async () => {
      using directory = temporaryDirectory();
      const baseline = takeBaseline();
      configure(directory.path);
      const starting = new Starting(directory.path, 'up');
      await starting.says(line);
      starting.process.kill(signal);
      assert.deepEqual(await within('its end', once(starting.process, 'exit'), 60_000), [0, null]);
      await assertNothingLeft(directory.path, baseline);
    });
  }

  it('by the death of whoever waits for it ends, and says so in its log', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    configure(directory.path);
    const starting = new Starting(directory.path, 'start');
    await starting.says('Listening on socket');
    starting.process.kill('SIGKILL');
    await starting.says('hatchery: up: whoever started it waits no longer');
    await assertNothingLeft(directory.path, baseline);
    assert.match((await hatchery(directory.path, 'stop')).stderr, /nothing runs on/);
  });

  it('by Ctrl-C at start ends it, waits for that, and says so', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    configure(directory.path);
    const starting = new Starting(directory.path, 'start');
    await starting.says('Listening on socket');
    starting.process.kill('SIGINT');
    assert.deepEqual(await within('its end', once(starting.process, 'exit'), 60_000), [1, null]);
    await assertNothingLeft(directory.path, baseline);
  });
});

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
