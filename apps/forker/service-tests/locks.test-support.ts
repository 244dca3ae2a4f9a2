// Long: one stage for all suites about locks.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { controlRequest, dialFeed } from '@hatchery/event-feed';
import type { Event, Lock } from '@hatchery/events';
import {
  assertNothingLeft,
  ForkerProcess,
  runSession,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { Hold, Outsider } from './outsider.test-support.ts';
import { readState } from './one-forker.test-support.ts';

const ssh = fileURLToPath(new URL('fixtures/session_by_ssh.py', import.meta.url));

/** How a brz ended. */
export interface BrzEnd {
  readonly code: number | null;
  readonly output: string;
}

/** A brz that runs; its output is kept. */
export class RunningBrz implements Disposable {
  readonly #process: ChildProcess;
  readonly #ended = Promise.withResolvers<number | null>();
  output = '';

  constructor(
    words: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>>,
  ) {
    // A group of its own, so that its ssh goes with it.
    this.#process = spawn('brz', words, {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#process.on('close', (code) => this.#ended.resolve(code));
  }

  async ended(): Promise<BrzEnd> {
    return {
      code: await within('the end of brz', this.#ended.promise, 60_000),
      output: this.output,
    };
  }

  kill(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }

  [Symbol.dispose](): void {
    this.kill('SIGKILL');
  }
}

/** A forker, a branch `~alice/project/trunk` on it, and what the feed tells. */
export class LockStage {
  /** The one that runs; after {@link restart} another one. */
  forker: ForkerProcess;
  readonly events: Event[] = [];
  readonly #directory: string;
  readonly #config: string;
  #holds = 0;

  constructor(forker: ForkerProcess, directory: string, config: string) {
    this.forker = forker;
    this.#directory = directory;
    this.#config = config;
  }

  get hostingRoot(): string {
    return join(this.forker.stateDirectory, 'hosting');
  }

  get trunk(): string {
    return join(this.hostingRoot, '~alice/project/trunk');
  }

  /** True while the branch's lock stands on disk. */
  isHeldOnDisk(): boolean {
    return existsSync(join(this.trunk, '.bzr/branch/lock/held'));
  }

  /** Number and id of trunk's last revision. */
  tip(): string {
    return readFileSync(join(this.trunk, '.bzr/branch/last-revision'), 'utf8');
  }

  /** A working tree with a revision more than what is pushed. */
  commit(tree: string): void {
    const place = join(this.#directory, tree);
    if (!existsSync(place)) this.#brz(['init', '-q', place]);
    writeFileSync(join(place, 'file'), `${Math.random()}\n`);
    this.#brz(['add', '-q', place]);
    this.#brz(['commit', '-q', '-m', 'more', place]);
  }

  /**
   * Starts a push to trunk. With `hold` it stops before the request that contains this word, until
   * {@link Hold.go}. To Breezy its user is `email`: another one's locks it does not take for its
   * own.
   */
  push(
    tree: string,
    options: { readonly hold?: string; readonly email?: string } = {},
  ): { brz: RunningBrz; hold: Hold } {
    const { hold = '', email = 'alice <alice@example.invalid>' } = options;
    const user = 'alice';
    const file = join(this.#directory, `go-${(this.#holds += 1)}`);
    const environment = {
      ...this.#environment(user),
      HATCHERY_TEST_EMAIL: email,
      ...(hold === '' ? {} : { HATCHERY_TEST_HOLD: `${hold}:${file}` }),
    };
    const words = [
      'push',
      '-d',
      join(this.#directory, tree),
      `bzr+ssh://${user}@localhost/~alice/project/trunk`,
    ];
    return { brz: new RunningBrz(words, this.#directory, environment), hold: new Hold(file) };
  }

  async view(): Promise<readonly Lock[]> {
    return Object.values((await readState(this.forker)).view.locks);
  }

  /** Waits for a lock that `wanted` takes, in the state that the control socket tells. */
  async lock(what: string, wanted: (lock: Lock) => boolean): Promise<Lock> {
    return until(`${what}; there is ${JSON.stringify(await this.view())}`, async () =>
      (await this.view()).find(wanted),
    );
  }

  post(path: string, body: object): Promise<unknown> {
    return controlRequest(this.forker.controlSocket, 'POST', path, {
      actor: 'ops',
      reason: 'test',
      ...body,
    });
  }

  /** Signals a session as an operator does. */
  async signal(childId: string, signal: string): Promise<void> {
    await this.post(`/v1/children/${childId}/signal`, { signal });
  }

  /** Another branch below the hosting root; its path. */
  branch(name: string): string {
    const place = join(this.hostingRoot, name);
    this.#brz(['init', '-q', '--create-prefix', place]);
    return place;
  }

  /**
   * A session that runs a command on the host itself: it tags a branch, and waits for the branch's
   * lock.
   */
  tag(name: string, branch = this.trunk): Promise<{ status: number; stderr: string }> {
    return runSession(this.forker.socket, `fork tag -q --force -d ${branch} ${name}\n`);
  }

  /** Breaks whatever lock a branch has by Breezy alone, and resolves when it is done. */
  async breakByBrz(branch: string): Promise<void> {
    using brz = new RunningBrz(
      ['break-lock', '--force', branch],
      this.#directory,
      this.#environment('alice'),
    );
    await brz.ended();
  }

  /** A process that takes a branch's lock by Breezy alone. */
  outsider(branch = this.trunk): Outsider {
    return new Outsider(branch, join(this.#directory, `outsider-${(this.#holds += 1)}`));
  }

  /**
   * Ends the forker, by `end`, lets `meanwhile` happen while there is none, and starts the next.
   */
  async restart(
    end: () => Promise<unknown>,
    meanwhile: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    await end();
    await this.forker.ended();
    await meanwhile();
    this.forker = await ForkerProcess.start(this.forker.stateDirectory, { config: this.#config });
  }

  /** Kinds of the lock events of the feed so far, of branches only, in order. */
  kinds(): string[] {
    return this.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('lock.'));
  }

  #environment(user: string): Record<string, string> {
    const home = join(this.#directory, `home-${user}`);
    mkdirSync(home, { recursive: true });
    const script = join(this.#directory, 'ssh');
    if (!existsSync(script)) {
      writeFileSync(script, `#!/bin/sh\nexec /usr/bin/python3 -I -S '${ssh}' "$@"\n`);
      chmodSync(script, 0o755);
    }
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      BRZ_HOME: home,
      BRZ_LOG: '/dev/null',
      BRZ_EMAIL: `${user} <${user}@example.invalid>`,
      BRZ_PROGRESS_BAR: 'none',
      BRZ_SSH: script,
      LANG: 'C.UTF-8',
      HATCHERY_TEST_SOCKET: this.forker.socket,
      HATCHERY_TEST_USER: user,
    };
  }

  #brz(words: readonly string[]): void {
    execFileSync('brz', words, { env: this.#environment('alice'), stdio: 'pipe' });
  }
}

/**
 * Runs `story` with a forker whose trunk has a revision, and asserts that nothing is left of it.
 */
export async function withLockStage(
  config: string,
  story: (stage: LockStage) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  const state = join(directory.path, 's');
  mkdirSync(state);
  {
    const first = await ForkerProcess.start(state, { config });
    await using stack = new AsyncDisposableStack();
    const stage = new LockStage(first, directory.path, config);
    stack.defer(() => stage.forker[Symbol.asyncDispose]());
    stage.commit('work');
    using brz = stage.push('work').brz;
    const { code, output } = await brz.ended();
    if (code !== 0) throw new Error(`the first push failed: ${output}`);
    await using _feed = dialFeed(stage.forker.controlSocket, {
      message: (message) => {
        if (message.type === 'event') stage.events.push(message.event);
      },
      connection: () => undefined,
    });
    await story(stage);
  }
  await assertNothingLeft(directory.path, baseline);
}
