import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags, writePassedSockets, type PartHalt } from '@hatchery/daemon';
import { resumeLookMs, turnAwayAgainMs } from '../limits.ts';
import type { PartName } from '../service/part.ts';
import { inChild, withoutCapabilities, type Place } from './part-process.ts';
import { passOn } from './pass-on.ts';

const program = fileURLToPath(new URL('../turn-away/main.ts', import.meta.url));

/** What a {@link ClosedDoor} works with. */
export interface ClosedDoorContext {
  readonly name: PartName;
  readonly place: Place;
  /**
   * How the part that we look after was asked to stop; null while it serves, and when another one
   * serves in its place.
   */
  readonly stopped: () => PartHalt | null;
  /** Hears of each stop once. */
  readonly told: (halt: PartHalt) => void;
}

/**
 * Looks whether a part was asked to stop. From then on until it is resumed whoever connects to its
 * sockets, which we hold, is told so at once and turned away, instead of waiting in the kernel's
 * queue for nobody. That is done by a process of its own, so that strangers have nothing of ours to
 * load.
 */
export class ClosedDoor {
  readonly #context: ClosedDoorContext;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #process: ChildProcess | null = null;
  #toldOf: number | null = null;

  constructor(context: ClosedDoorContext) {
    this.#context = context;
    this.#running = this.#watch();
  }

  /** Resolves when nobody is turned away any more, for good. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.open();
  }

  /** Resolves when nobody is turned away; until the part is stopped again. */
  async open(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (
      running === null ||
      running.pid === undefined ||
      running.exitCode !== null ||
      running.signalCode !== null
    )
      return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const halt = this.#context.stopped();
      if (halt === null) await this.open();
      else this.#close(halt);
      await delay(resumeLookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #close(halt: PartHalt): void {
    const { name, place, told } = this.#context;
    if (this.#toldOf !== halt.pid) told(halt);
    this.#toldOf = halt.pid;
    const sockets = place.sockets(name);
    if (this.#process !== null || sockets.length === 0) return;
    const [node, ...first] = withoutCapabilities();
    const argv = [...first, ...nodeFlags, program, '--words', wordsOf(halt)];
    argv.push('--sockets', writePassedSockets(inChild(sockets)));
    const child = spawn(node, argv, {
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe', 'ignore', ...sockets.map(({ fd }) => fd)],
      cwd: '/',
      env: place.environment,
    });
    this.#process = child;
    (child.stdio[0] as Writable).on('error', () => undefined);
    passOn(name, child.stderr, place.log, 1);
    const again = (): void => void setTimeout(() => this.#forget(child), turnAwayAgainMs).unref();
    child.once('error', again).once('exit', again);
  }

  /** One that has died is replaced at the next look. */
  #forget(child: ChildProcess): void {
    if (this.#process === child) this.#process = null;
  }
}

/** For strangers: not who it was. */
function wordsOf({ name, at }: PartHalt): string {
  return name === 'dashboard'
    ? `an operator stopped this page at ${at}; sessions go on without it, and hatchery start on its host starts it again`
    : `an operator stopped this service at ${at}; try again later`;
}
