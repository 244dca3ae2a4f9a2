import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, until, type Outcome } from './run.ts';

const script = fileURLToPath(new URL('private-systemd.sh', import.meta.url));
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const unit = join(checkout, 'deploy/hatchery.service');
const groups = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(
  readFileSync('/proc/self/mountinfo', 'utf8'),
)?.[1];
const namespaces = [
  '--fork',
  '--pid',
  '--mount',
  '--cgroup',
  '--ipc',
  '--uts',
  '--mount-proc',
  '--kill-child',
];

/** The kinds of mounts that private-systemd.sh needs, which many containers forbid. */
const mounts = `set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /run
mkdir /run/upper /run/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc
mkdir /sys/fs/cgroup/hatchery-probe-$$
rmdir /sys/fs/cgroup/hatchery-probe-$$`;

/** Why systemd cannot run here, or false. */
export function cannotRunSystemd(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (groups === undefined) return 'cgroup v2 is not mounted';
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed';
  const probe = spawnSync('unshare', [...namespaces, '/bin/sh', '-c', mounts], {
    encoding: 'utf8',
  });
  return probe.status === 0
    ? false
    : `namespaces cannot be made or mounted in: ${probe.stderr.trim()}`;
}

const config = `state_dir = "/var/lib/hatchery"
runtime_dir = "/run/hatchery"
[ssh]
listen = "127.0.0.1:0"
[dashboard]
listen = "127.0.0.1:0"
`;

/** There is no journal to write to, and nothing else of a machine to wait for. */
const dropIn = `[Unit]
DefaultDependencies=no
[Service]
StandardOutput=append:/run/hatchery-test.log
StandardError=append:/run/hatchery-test.log
`;

/**
 * The delivered unit, run by a systemd in namespaces of its own. It shares the machine's network.
 */
export class PrivateSystemd implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'hatchery-systemd-'));
  readonly #group = join(groups ?? '', `hatchery-test-${process.pid}-${Date.now().toString(36)}`);
  readonly #process: ChildProcess;
  #said = '';

  private constructor(extra: string) {
    const write = (name: string, text: string): string => {
      writeFileSync(join(this.#directory, name), text);
      return join(this.#directory, name);
    };
    mkdirSync(this.#group);
    const words = [
      script,
      checkout,
      unit,
      write('hatchery.toml', config),
      write('test.conf', dropIn + extra),
    ];
    // The process enters its group first, so that the group becomes the root of its own hierarchy.
    const enter = 'echo 0 >"$1/cgroup.procs" && shift && exec unshare "$@"';
    this.#process = spawn(
      '/bin/sh',
      ['-c', enter, 'sh', this.#group, ...namespaces, '/bin/sh', ...words],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  /**
   * Resolves when the unit serves. `extra` is added to it. @throws with the unit's output when it
   * does not
   */
  static async start(extra = ''): Promise<PrivateSystemd> {
    const systemd = new PrivateSystemd(extra);
    try {
      await until(
        'the service to say how it is used',
        () => /brz branch/.test(systemd.log),
        60_000,
      );
      return systemd;
    } catch (error) {
      const said = `${systemd.#said}${systemd.log}`;
      await systemd[Symbol.asyncDispose]();
      throw new Error(said, { cause: error });
    }
  }

  /** What the service has written. */
  get log(): string {
    const path = this.path('/run/hatchery-test.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** The outside path of a path on the private machine. */
  path(inside: string): string {
    return `/proc/${this.#pid ?? 'none'}/root${inside}`;
  }

  /** The cgroup v2 path of a process as seen inside, by its pid inside. */
  groupOf(pid: number): string {
    const path =
      /^0::(.*)$/m.exec(readFileSync(this.path(`/proc/${pid}/cgroup`), 'utf8'))?.[1] ?? '';
    return path.replace(this.#group.slice((groups ?? '').length), '');
  }

  /** Runs a program inside, as root there. */
  async run(...argv: string[]): Promise<Outcome> {
    const where = ['-t', String(this.#pid), '--mount', '--pid', '--cgroup', '--ipc', '--uts'];
    return run('nsenter', [...where, ...argv], {
      environment: { HOME: '/run', BRZ_EMAIL: 'a@example.invalid' },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    // Everything ends with its first process.
    const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
    this.#process.kill('SIGKILL');
    if (!isOver) await ended;
    await until('the end of everything inside', () => removeGroups(this.#group));
    rmSync(this.#directory, { recursive: true });
  }

  /** The pid of the first process inside, as seen from outside; null before it exists. */
  get #pid(): string | null {
    const pid = this.#process.pid ?? 0;
    const children = `/proc/${pid}/task/${pid}/children`;
    return existsSync(children)
      ? (readFileSync(children, 'utf8').trim().split(' ')[0] ?? null)
      : null;
  }
}

function removeGroups(directory: string): boolean {
  const below = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = below
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  try {
    // The deepest first.
    for (const path of [...paths.sort((a, b) => b.length - a.length), directory]) rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
