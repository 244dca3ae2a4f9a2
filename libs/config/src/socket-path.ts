import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { KeyPath } from './keys.ts';
import type { ConfigProblem } from './problem.ts';

/** `sun_path` has 108 bytes with its final zero: unix(7). Node cuts a longer path off without a word. */
const socketPathBytesMax = 107;

/** Room for the slash and the longest name of a socket in the runtime directory. */
const socketNameBytesMax = 24;

const runtimeDirectoryBytesMax = socketPathBytesMax - socketNameBytesMax;

/** `run` in the state directory; when that is too long for a socket, a short name that only this state directory and user has. */
export function defaultRuntimeDirectory(state: string, uid: number): string {
  const usual = join(state, 'run');
  if (Buffer.byteLength(usual) <= runtimeDirectoryBytesMax) return usual;
  const digest = createHash('sha256').update(state).digest('hex').slice(0, 12);
  // Not XDG_RUNTIME_DIR: a command typed later, in another login, must come to the same directory.
  return uid === 0 ? `/run/hatchery-${digest}` : `/tmp/hatchery-${uid}-${digest}`;
}

/** Refuses paths that were set by hand and on which no socket can be bound. */
export function checkSocketPaths(config: Config, lines: ReadonlyMap<KeyPath, number>): ConfigProblem[] {
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
  check('forker.socket', config.forker.socket, socketPathBytesMax, `${limit}: set it to something shorter`);
  const proxySocket = config.dashboard.proxy.socket;
  if (proxySocket !== null)
    check('dashboard.proxy_socket', proxySocket, socketPathBytesMax, `${limit}: set it to something shorter`);
  return problems;
}
