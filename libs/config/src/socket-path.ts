import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { KeyPath } from './keys.ts';
import type { ConfigProblem } from './problem.ts';

/** `sun_path` has 108 bytes with its final zero: unix(7). Node silently truncates a longer path. */
const socketPathBytesMax = 107;

/** Room for the slash and the longest name of a socket in the runtime directory. */
const socketNameBytesMax = 24;

const runtimeDirectoryBytesMax = socketPathBytesMax - socketNameBytesMax;

/**
 * `run` in the state directory. When that is too long for a socket: a short name that is unique to
 * this state directory, a link in a directory of `uid`, the owner of the state directory. So every
 * user gets the same path, and a cleaner of /tmp removes only a name and no socket.
 */
export function defaultRuntimeDirectory(state: string, uid: number): string {
  const usual = join(state, 'run');
  if (Buffer.byteLength(usual) <= runtimeDirectoryBytesMax) return usual;
  // Not XDG_RUNTIME_DIR: a command typed later, in another login, must find the same directory.
  return join(
    uid === 0 ? `/run/hatchery-${digestOf(state)}` : `/tmp/hatchery-${uid}-${digestOf(state)}`,
    'run',
  );
}

/** If the runtime directory is a link, the link and its target; null when it is a directory. */
export function runtimeLink({
  stateDirectory,
  runtimeDirectory,
}: Pick<Config, 'stateDirectory' | 'runtimeDirectory'>): {
  readonly path: string;
  readonly target: string;
} | null {
  const shape = new RegExp(`^(/run/hatchery-|/tmp/hatchery-\\d+-)${digestOf(stateDirectory)}/run$`);
  return shape.test(runtimeDirectory)
    ? { path: runtimeDirectory, target: join(stateDirectory, 'run') }
    : null;
}

function digestOf(state: string): string {
  return createHash('sha256').update(state).digest('hex').slice(0, 12);
}

/** Refuses configured paths on which no socket can be bound. */
export function checkSocketPaths(
  config: Config,
  lines: ReadonlyMap<KeyPath, number>,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = (key: KeyPath, path: string, bytesMax: number, advice: string): void => {
    const line = lines.get(key);
    const bytes = Buffer.byteLength(path);
    if (line !== undefined && bytes > bytesMax)
      problems.push({ line, key, message: `${path} has ${bytes} bytes, ${advice}` });
  };
  const limit = `a Unix socket's path at most ${socketPathBytesMax}`;
  const room = `and ${socketNameBytesMax} are for the names of sockets in it`;
  check(
    'runtime_dir',
    config.runtimeDirectory,
    runtimeDirectoryBytesMax,
    `${limit}, ${room}: set runtime_dir to something shorter`,
  );
  check(
    'forker.socket',
    config.forker.socket,
    socketPathBytesMax,
    `${limit}: set it to something shorter`,
  );
  const proxySocket = config.dashboard.proxy.socket;
  if (proxySocket !== null)
    check(
      'dashboard.proxy_socket',
      proxySocket,
      socketPathBytesMax,
      `${limit}: set it to something shorter`,
    );
  return problems;
}
