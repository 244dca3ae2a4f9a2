import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from '@playwright/test';
import type { Child } from '@hatchery/events';
import { connection, launchBrowser, openPage, rows } from '@hatchery/testkit/browser';
import { Client, openssh } from './client.ts';
import { makeHistory } from './history.ts';
import { hatcheryScript, Instance } from './instance.ts';
import { assertDone } from './outcome.ts';
import { run, start, until, type Running } from './run.ts';

/**
 * Stops brz, but not the ssh below it: the gateway disconnects a client that does not answer
 * keepalives for a minute.
 */
export function halt({ pid }: Running): void {
  process.kill(pid, 'SIGSTOP');
}

/** The row of the table that shows this process. */
export function rowOf(page: Page, table: string, pid: number): Locator {
  return rows(page, table).filter({ has: page.getByText(String(pid), { exact: true }) });
}

/** The users besides `demo`. */
const users = ['anna', 'bo'] as const;

/** Large enough that a push of it takes a while under its lock. */
const historySize = { revisions: 620, files: 210 };

/** The page must also get there on a machine with all cores busy. */
const patienceMs = 30_000;

/** What is stopped or delayed lasts as long as its story, which takes minutes on a busy machine. */
const storyMsMax = 600_000;

/** A real brz that was stopped in the middle of its session, and the child that serves it. */
export interface Frozen {
  readonly user: string;
  readonly client: Running;
  readonly pid: number;
  readonly id: string;
}

/** The whole service with a branch in it, people who use it, and a browser that watches it. */
export class Stand {
  readonly instance: Instance;
  /** The user `demo`, whose `~demo/project/trunk` exists already. */
  readonly client: Client;
  /** A branch of {@link historySize} on the client's disk. */
  readonly history: string;
  readonly browser: Browser;
  readonly #frozen: Frozen[] = [];
  readonly #scripts: Running[] = [];

  private constructor(instance: Instance, client: Client, history: string, browser: Browser) {
    this.instance = instance;
    this.client = client;
    this.history = history;
    this.browser = browser;
  }

  static async start(extraConfig = '', dashboardPort = 0): Promise<Stand> {
    const instance = await Instance.start(extraConfig, dashboardPort);
    try {
      const client = new Client(instance);
      for (const user of users) await addUser(instance, client.path(user), user);
      const history = await makeHistory(client, 'history', historySize, 17);
      await client.brz('push', '-q', '-d', history, instance.url('~demo/project/trunk'));
      return new Stand(instance, client, history, await launchBrowser());
    } catch (error) {
      await instance.stop();
      throw error;
    }
  }

  /** The address of the branch that exists from the start. */
  trunk(user = 'demo'): string {
    return this.instance.url('~demo/project/trunk', user);
  }

  person(user: string): Client {
    const ssh =
      user === 'demo' ? openssh(this.instance) : openssh(this.instance, this.client.path(user));
    return new Client(this.instance, {
      ssh,
      email: `${user} <${user}@example.invalid>`,
      timeoutMs: storyMsMax,
    });
  }

  /**
   * Starts brz as this user and stops it as soon as `midway` holds, by default when its child runs,
   * so that the child waits for it.
   */
  async freeze(user: string, argv: readonly string[], midway?: () => boolean): Promise<Frozen> {
    const before = new Set((await this.instance.children()).map(({ id }) => id));
    const client = this.person(user).start(...argv);
    const isNew = ({ id, user: of, state }: Child): boolean =>
      !before.has(id) && of === user && state === 'running';
    // A lock may be gone again by the time the page has shown the child.
    if (midway !== undefined) {
      await until(`the middle of ${argv.join(' ')}`, midway);
      halt(client);
    }
    const child = await until(`a child of ${user}`, async () =>
      (await this.instance.children()).find(isNew),
    );
    halt(client);
    const frozen = { user, client, pid: child.pid, id: child.id };
    this.#frozen.push(frozen);
    return frozen;
  }

  /** A push onto this branch that has its lock, and then stops. */
  async freezePush(user: string, branch: string): Promise<Frozen> {
    const url = this.instance.url(branch, user);
    await this.person(user).brz('push', '-q', '-r', '10', '-d', this.history, url);
    return this.freeze(user, ['push', '-q', '-d', this.history, url], () => this.isLocked(branch));
  }

  /** Two readers and one writer, each with a branch of this name. */
  async freezeThree(name: string): Promise<[Frozen, Frozen, Frozen]> {
    const push = [
      'push',
      '-q',
      '-d',
      this.history,
      this.instance.url(`~anna/project/${name}`, 'anna'),
    ];
    return [
      await this.freeze('demo', ['branch', '-q', this.trunk(), name]),
      await this.freeze('anna', push),
      await this.freeze('bo', ['branch', '-q', this.trunk('bo'), `${name}-too`]),
    ];
  }

  /** Whether the branch at this path, or its repository, is locked on the server's disk. */
  isLocked(branch: string): boolean {
    const control = join(this.instance.hostingRoot, branch, '.bzr');
    return ['branch', 'repository'].some((part) => existsSync(join(control, part, 'lock', 'held')));
  }

  /**
   * The page as a person sees it who opens a sign-in link for that role, and the browser's
   * complaints.
   */
  async openPage(
    options: Parameters<typeof openPage>[2] = {},
    role = 'admin',
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const opened = await openPage(this.browser, await this.instance.signInUrl(role), {
      patienceMs,
      ...options,
    });
    await connection(opened.page).getByText(/^LIVE/).waitFor();
    await opened.page.getByText(role).first().waitFor();
    return opened;
  }

  /** A command on the host under its lock `publisher`, for which it waits this many seconds. */
  underLock(waitS: number, ...command: string[]): Running {
    const words = [
      'lock',
      '--config',
      this.instance.config,
      '--wait',
      String(waitS),
      'publisher',
      '--',
      ...command,
    ];
    const script = start(hatcheryScript, words, {
      environment: { HOME: this.instance.directory },
      timeoutMs: storyMsMax,
    });
    this.#scripts.push(script);
    return script;
  }

  /**
   * Ends what a test left: a stopped client's session or a script's command would stay for ever.
   */
  async clear(): Promise<void> {
    for (const { client } of this.#frozen) client.kill('SIGKILL');
    // `hatchery lock` passes it on to the command; if it were killed, the command would stay.
    for (const script of this.#scripts) script.kill('SIGTERM');
    const ended = [
      ...this.#frozen.splice(0).map(({ client }) => client),
      ...this.#scripts.splice(0),
    ];
    await Promise.allSettled(ended.map(({ outcome }) => outcome));
  }

  async stop(): Promise<void> {
    await this.clear();
    await this.browser.close();
    await this.instance.stop();
  }
}

async function addUser(instance: Instance, key: string, user: string): Promise<void> {
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  assertDone(await instance.hatchery('user', 'add', user, '--key', `${key}.pub`));
}
