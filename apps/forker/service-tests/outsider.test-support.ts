import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { until } from '@hatchery/testkit';

const takeLock = `
import os, sys, time
import breezy, breezy.bzr
from breezy.branch import Branch
with breezy.initialize(setup_ui=False):
    with Branch.open(sys.argv[1]).lock_write():
        open(sys.argv[2] + ".held", "w").close()
        while not os.path.exists(sys.argv[2]): time.sleep(0.01)
`;

/** A process that holds a branch's lock, and of which no service knows. */
export class Outsider implements Disposable {
  readonly #process: ChildProcess;
  readonly #hold: Hold;

  constructor(branch: string, file: string) {
    this.#hold = new Hold(file);
    const environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      BRZ_LOG: '/dev/null',
      BRZ_EMAIL: 'Out <out@example.invalid>',
    };
    const words = ['-c', takeLock, branch, file];
    this.#process = spawn('/usr/bin/python3', words, {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  reached(): Promise<void> {
    return this.#hold.reached();
  }

  release(): void {
    this.#hold.go();
  }

  /** Resolves when it either has the lock or never will: one that still waits is killed. */
  async settled(): Promise<void> {
    if (this.#hold.isReached) return;
    this.kill();
    await until('the end of an outsider', () => this.#process.exitCode ?? this.#process.signalCode);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  [Symbol.dispose](): void {
    this.kill();
  }
}

/** The middle of a push. */
export class Hold {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  get isReached(): boolean {
    return existsSync(`${this.#file}.held`);
  }

  async reached(): Promise<void> {
    await until(`a push held at ${this.#file}`, () => this.isReached);
  }

  go(): void {
    writeFileSync(this.#file, '');
  }
}
