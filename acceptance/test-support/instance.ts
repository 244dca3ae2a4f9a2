import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';
import type { Child, Lock } from '@hatchery/events';
import { assertNothingLeft } from './nothing-left.ts';
import { assertDone } from './outcome.ts';
import { run, type Outcome } from './run.ts';

export const hatcheryScript = fileURLToPath(new URL('../../hatchery', import.meta.url));

/** The line of `up --json`. */
export interface Ready {
  readonly ssh: { readonly host: string; readonly port: number };
  readonly dashboard: string;
  readonly forkerSocket: string;
  readonly stateDir: string;
  readonly dashboardSignIn: string;
}

/** The fields of `GET /api/state` that the stories use. */
export interface State {
  readonly children: readonly Child[];
  readonly locks: readonly Lock[];
  readonly draining: boolean;
}

/** How long the first start may take: it makes keys and a sample branch. */
const readyMsMax = 60_000;
const stopMsMax = 60_000;

/** A real `./hatchery up` in a directory of its own, on free ports, with its first user `demo`. */
export class Instance {
  readonly directory: string;
  readonly ready: Ready;
  readonly #process: ChildProcess;
  readonly #log: () => string;

  private constructor(directory: string, ready: Ready, process: ChildProcess, log: () => string) {
    this.directory = directory;
    this.ready = ready;
    this.#process = process;
    this.#log = log;
  }

  /** `dashboardPort` 0 chooses a free one, and another one after each restart of the dashboard. */
  static async start(extraConfig = '', dashboardPort = 0): Promise<Instance> {
    const directory = mkdtempSync(join(tmpdir(), 'hatchery-acceptance-'));
    const config = join(directory, 'hatchery.toml');
    writeFileSync(config, configText(directory, extraConfig, dashboardPort));
    const up = spawn(hatcheryScript, ['up', '--json', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    up.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const late = setTimeout(() => up.kill('SIGKILL'), readyMsMax);
    const line = await firstLine(up.stdout);
    clearTimeout(late);
    assert.notEqual(line, null, `up ended before it was ready: ${log}`);
    const instance = new Instance(directory, JSON.parse(line ?? '') as Ready, up, () => log);
    await instance.#makeHome();
    return instance;
  }

  get config(): string {
    return join(this.directory, 'hatchery.toml');
  }

  get log(): string {
    return this.#log();
  }

  /** Another link that signs one browser in with that role. */
  async signInUrl(role = 'admin'): Promise<string> {
    const printed = assertDone(await this.hatchery('sign-in', '--role', role, '--json'));
    return (JSON.parse(printed) as { readonly url: string }).url;
  }

  /** The `Cookie` header of a browser that opened the link. */
  async signIn(link: string): Promise<string> {
    const { origin } = new URL(link);
    const response = await fetch(link, { method: 'POST', headers: { origin }, redirect: 'manual' });
    assert.equal(response.status, 303, await response.text());
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get hostingRoot(): string {
    return join(this.directory, 'state', 'hosting');
  }

  /** Address of a branch below the hosting root. */
  url(path: string, user = 'demo'): string {
    return `bzr+ssh://${user}@${this.ready.ssh.host}:${this.ready.ssh.port}/${path}`;
  }

  /** The state that the page's server returns; fast enough to be polled. */
  async state(): Promise<State> {
    // At the rate that the server allows one user: a story polls.
    await delay(50);
    const response = await fetch(new URL('/api/state', this.ready.dashboard));
    assert.equal(response.status, 200, 'GET /api/state');
    return (await response.json()) as State;
  }

  /** Pid of one of the service's parts, by its name in `hatchery status`. */
  async partPid(name: string): Promise<number> {
    const status = JSON.parse((await this.hatchery('status', '--json')).stdout) as {
      readonly parts: readonly { readonly name: string; readonly pid: number | null }[];
    };
    return (
      status.parts.find((part) => part.name === name)?.pid ?? assert.fail(`${name} does not run`)
    );
  }

  /** The live children. */
  async children(): Promise<Child[]> {
    const { children } = await this.state();
    return children.filter(({ state }) => state !== 'exited');
  }

  /** Runs a command of the CLI on this instance. */
  hatchery(...words: string[]): Promise<Outcome> {
    return run(hatcheryScript, [...words, '--config', this.config], {
      environment: { HOME: this.directory },
    });
  }

  /** Ends it as Ctrl-C does, and proves that it left nothing behind. */
  async stop(): Promise<void> {
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGINT');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), stopMsMax);
    const code = this.#process.exitCode ?? (await ended);
    clearTimeout(late);
    assert.equal(code, 0, this.log);
    await assertNothingLeft(this.directory);
    rmSync(this.directory, { recursive: true });
  }

  /** Below brz, ssh is a script with the demo user's key. */
  async #makeHome(): Promise<void> {
    const { host, port } = this.ready.ssh;
    const hostKey = readFileSync(join(this.ready.stateDir, 'ssh_host_ed25519_key.pub'), 'utf8');
    mkdirSync(join(this.directory, 'home'));
    writeFileSync(join(this.directory, 'known_hosts'), `[${host}]:${port} ${hostKey}`);
    await run('chmod', ['700', this.directory]);
  }
}

/** A configuration with everything below the directory, on free ports. */
export function configText(directory: string, extra: string, dashboardPort = 0): string {
  return `state_dir = "${directory}/state"
runtime_dir = "${directory}/run"
[ssh]
listen = "127.0.0.1:0"
[dashboard]
listen = "127.0.0.1:${dashboardPort}"
anonymous = "viewer"
${extra}`;
}

async function firstLine(stream: Readable): Promise<string | null> {
  for await (const line of createInterface({ input: stream })) return line;
  return null;
}
