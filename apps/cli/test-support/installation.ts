import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkoutDirectory } from '@hatchery/daemon';

/**
 * A new checkout, whose sources are those of this one. Its npm lays links to what is installed
 * here, since the registry is not what is tested, and writes down what it was called with.
 */
export class NewCheckout {
  readonly root: string;
  readonly #bin: string;

  constructor(directory: string) {
    this.root = join(directory, 'checkout');
    this.#bin = join(directory, 'bin');
    mkdirSync(this.root);
    mkdirSync(this.#bin);
    for (const name of [
      'hatchery',
      'package-lock.json',
      'package.json',
      '.npmrc',
      'tsconfig.base.json',
    ])
      copyFileSync(join(checkoutDirectory, name), join(this.root, name));
    for (const name of [
      'libs',
      'acceptance',
      'bench',
      'tools',
      'apps/forker',
      'apps/cli',
      'apps/ssh-gateway',
      'apps/dashboard/server',
    ]) {
      mkdirSync(join(this.root, name, '..'), { recursive: true });
      symlinkSync(join(checkoutDirectory, name), join(this.root, name));
    }
    const web = 'apps/dashboard/web';
    mkdirSync(join(this.root, web));
    cpSync(join(checkoutDirectory, web, 'package.json'), join(this.root, web, 'package.json'));
    writeFileSync(join(this.#bin, 'npm'), npm(directory), { mode: 0o755 });
  }

  /** What npm was called with, a line a call. */
  get calls(): string {
    const path = join(this.root, '..', 'calls');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** The variables of npm's last call. */
  get environment(): Readonly<Record<string, string>> {
    const text = readFileSync(join(this.root, '..', 'environment'), 'utf8');
    return Object.fromEntries(
      text
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    );
  }

  /** Makes the next build of the page fail. */
  breakNextBuild(): void {
    writeFileSync(join(this.root, '..', 'broken'), '');
  }

  /**
   * Runs its `hatchery`, as another user when told to; what it printed on both streams, and its
   * exit code.
   */
  hatchery(
    words: readonly string[],
    { environment = {}, uid }: { environment?: Record<string, string>; uid?: number } = {},
  ): [code: number | null, said: string] {
    const PATH = `${this.#bin}:${process.env['PATH']}`;
    const program = join(this.root, 'hatchery');
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'umask "$1"; shift; exec "$@"', 'sh', '077', program, ...words],
      {
        env: { PATH, HOME: join(this.root, '..'), ...environment },
        encoding: 'utf8',
        timeout: 120_000,
        ...(uid === undefined ? {} : { uid, gid: uid }),
      },
    );
    return [status, stdout + stderr];
  }

  /** Lets any user reach it: a temporary directory is its owner's alone. */
  open(): void {
    for (const directory of [
      join(this.root, '..'),
      this.root,
      join(this.root, 'apps'),
      join(this.root, 'apps/dashboard'),
      this.#bin,
    ])
      chmodSync(directory, 0o755);
  }
}

function npm(directory: string): string {
  return `#!/bin/sh
set -eu
echo "$*" >>'${directory}/calls'
cat /proc/self/environ >'${directory}/environment'
case $1 in
  ci)
    rm -rf node_modules
    mkdir node_modules
    for entry in '${checkoutDirectory}'/node_modules/* '${checkoutDirectory}/node_modules/.package-lock.json'; do
      ln -s "$entry" node_modules/
    done
    mkdir node_modules/.bin
    ;;
  run)
    [ ! -e '${directory}/broken' ] || { rm '${directory}/broken'; echo 'vite: not found'; exit 127; }
    mkdir -p apps/dashboard/web/dist
    echo page >apps/dashboard/web/dist/index.html
    ;;
esac
`;
}
