import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { until } from '@hatchery/testkit';

/** Where cgroup v2 is mounted. */
const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(
  readFileSync('/proc/self/mountinfo', 'utf8'),
)?.[1];

/** Why no control groups can be made here, or false. */
export const cannotMakeGroups =
  mount === undefined
    ? 'cgroup v2 is not mounted'
    : process.getuid?.() !== 0
      ? 'needs root'
      : false;

/** A control group for one service, as a service manager makes one. */
export class ServiceGroup implements AsyncDisposable {
  readonly directory = join(
    mount ?? '',
    `hatchery-test-${process.pid}-${randomBytes(4).toString('hex')}`,
  );

  constructor({ delegated }: { readonly delegated: boolean }) {
    mkdirSync(this.directory);
    const mark = 'import os, sys; os.setxattr(sys.argv[1], "trusted.delegate", b"1")';
    if (delegated) execFileSync('/usr/bin/python3', ['-c', mark, this.directory]);
  }

  /** What `start` starts is in the group from its beginning. */
  async enter<T>(start: () => Promise<T>): Promise<T> {
    const before = groupOf(process.pid);
    writeFileSync(join(this.directory, 'cgroup.procs'), `${process.pid}`);
    try {
      return await start();
    } finally {
      writeFileSync(join(mount ?? '', before, 'cgroup.procs'), `${process.pid}`);
    }
  }

  /** The path of the group as /proc shows it. */
  get path(): string {
    return this.directory.slice((mount ?? '').length);
  }

  /** Whatever the service has made below it. */
  get below(): string[] {
    return groupsIn(this.directory);
  }

  /** The name of the one group that holds those of the sessions. */
  get ofSessions(): string {
    const [name, ...others] = this.below;
    if (name === undefined || others.length > 0)
      throw new Error(`one group of sessions, not ${this.below.join()}`);
    return name;
  }

  /** The names of the groups that sessions have now. */
  get sessions(): string[] {
    return groupsIn(join(this.directory, this.ofSessions));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await until(
      'an empty control group',
      () => readFileSync(join(this.directory, 'cgroup.procs'), 'utf8') === '',
    );
    rmdirSync(this.directory);
  }
}

function groupsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => statSync(join(directory, name)).isDirectory());
}

/** The cgroup v2 path of a process. */
export function groupOf(pid: number): string {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
}

/** A process that does nothing until somebody ends it. */
export function startSleeper(): Disposable & {
  readonly pid: number;
  readonly ended: Promise<unknown>;
} {
  const sleeper = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => sleeper.once('exit', resolve));
  return { pid: sleeper.pid ?? 0, ended, [Symbol.dispose]: () => sleeper.kill('SIGKILL') };
}
