import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type Config } from '@hatchery/config';
import type { EventBody, Lock } from '@hatchery/events';
import { forkRequest } from '@hatchery/protocol';
import { temporaryDirectory } from '@hatchery/testkit';
import { newChild } from '../children/forking/new-child.ts';
import { ServiceBench } from '../children/forking/service.test-support.ts';
import type { LockReport } from '../keeper-link/messages.ts';
import { breakLock, type BreakResult, type BreakWish } from './break-lock.ts';
import { LockDirectory } from './lock-dir.test-support.ts';
import { LockService } from './lock-service.ts';

const noon = '2026-01-01T12:00:00.000Z';

/** A lock service over invented sessions and a real hosting root. */
export class LockBench implements Disposable {
  readonly #stack = new DisposableStack();
  readonly bench = this.#stack.use(new ServiceBench());
  readonly published: EventBody[] = [];
  locks: LockService;
  readonly #config: Config;
  readonly lockDirectory: LockDirectory;
  readonly branch: string;

  constructor(orphanGraceS = 60) {
    const { path } = this.#stack.use(temporaryDirectory());
    const config = loadConfig({ directory: path, stateDirectory: path });
    this.branch = join(config.hosting.root, '~alice/p/t');
    mkdirSync(this.branch, { recursive: true });
    this.lockDirectory = new LockDirectory(this.branch);
    const { events, log, service } = this.bench;
    const subscription = events.subscribe(null, (message) => {
      if (message.type === 'event') this.published.push(message.event);
    });
    this.#stack.use(subscription);
    const own = { ...config, locks: { ...config.locks, orphanGraceS } };
    this.#config = own;
    this.locks = this.#stack.use(new LockService({ config: own, events, log, service }));
    this.locks.begin();
  }

  /**
   * Another lock service over the same record of events, as after a restart of the forker; there is
   * none while `meanwhile` runs.
   */
  restart(meanwhile: () => void = () => undefined): void {
    const { events, log, service } = this.bench;
    this.locks[Symbol.dispose]();
    meanwhile();
    this.locks = this.#stack.use(new LockService({ config: this.#config, events, log, service }));
    this.locks.begin();
  }

  /** The directory of script locks. */
  get scriptsDirectory(): string {
    return this.#config.locks.directory;
  }

  async session(user = 'alice', pid?: number): Promise<string> {
    return (await this.bench.fork(forkRequest(['lp-serve', '--inet', user]), pid)).id;
  }

  report(
    id: string,
    action: LockReport['action'],
    nonce: string | null,
    more: Partial<LockReport> = {},
  ): void {
    const path = action === 'opened' ? this.branch : this.lockDirectory.path;
    const atS = Number(process.hrtime.bigint()) / 1e9;
    this.locks.take({ event: 'lock', id, action, path, nonce, atS, lost: 0, ...more });
  }

  get view(): Lock[] {
    return Object.values(this.bench.events.view.locks);
  }

  kinds(): string[] {
    return this.published.map(({ kind }) => kind).filter((kind) => kind.startsWith('lock.'));
  }

  /** Published conditions, in order. */
  conditions(): string[] {
    return this.published.flatMap((event) => ('lock' in event ? [event.lock.condition] : []));
  }

  /** Starts and ends a session. */
  passBy(id: string): void {
    const { events } = this.bench;
    const child = newChild(
      id,
      4_194_403,
      { user: 'carol', peer: null, command: 'rocks', startedAt: noon },
      null,
    );
    events.publish({ kind: 'child.spawned', child });
    const exit = { code: 0, signal: null, status: 0 };
    events.publish({
      kind: 'child.exited',
      id,
      endedAt: noon,
      exit,
      cause: 'exit 0',
      rusage: null,
    });
  }

  break(wish: Partial<BreakWish> = {}): Promise<BreakResult> {
    const { events, log, service } = this.bench;
    const whole = {
      id: this.view[0]?.id ?? '',
      nonce: null,
      force: false,
      actor: 'ops',
      reason: 'test',
      ...wish,
    };
    return breakLock({ locks: this.locks, events, log, service }, whole);
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }
}
