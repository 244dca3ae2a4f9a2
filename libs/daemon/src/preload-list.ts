import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemPython } from '@hatchery/config';
import { checkoutDirectory } from './checkout.ts';
import { StartError } from './start-error.ts';

/** Our Python code, which decides what a session imports as much as Breezy does. */
const zygoteDirectory = join(checkoutDirectory, 'apps/forker/zygote');

/** Where the build keeps the list: in the checkout, for every service that is started from it. */
const builtPath = join(checkoutDirectory, 'apps/forker/dist/preload.json');

/** Python answers at once, unless the machine is overloaded. */
const answerMsMax = 30_000;

/** The lists of modules that a zygote may preload, and the one that fits. */
export interface PreloadLists {
  /**
   * What the list must have been recorded for: the Breezy that Python really imports, and our own
   * Python code.
   */
  readonly identity: string;
  /** {@link preloadListPaths} */
  readonly places: readonly string[];
  /** The first one that fits, or null. */
  readonly fitting: string | null;
  /** The first one that is there and can be read, fitting or not; null when there is none. */
  readonly any: string | null;
}

/**
 * Where a list may be, the checkout first; the state directory serves a service that cannot write
 * there.
 */
export function preloadListPaths(stateDirectory: string): readonly string[] {
  return [builtPath, join(stateDirectory, 'preload', 'preload.json')];
}

/**
 * Looks for a list of modules to preload. It asks Python which Breezy it imports: that may be
 * Debian's or one in /usr/local.
 * @throws {StartError} when Python finds no Breezy
 */
export function findPreloadLists(stateDirectory: string): PreloadLists {
  const identity = identify(findBreezy());
  const places = preloadListPaths(stateDirectory);
  const recorded = places.map((path) => ({ path, identity: recordedFor(path) }));
  return {
    identity,
    places,
    fitting: recorded.find((one) => one.identity === identity)?.path ?? null,
    any: recorded.find((one) => one.identity !== null)?.path ?? null,
  };
}

/** The `__init__.py` of the Breezy that sessions import. */
function findBreezy(): string {
  const ask = 'import importlib.util as u; s = u.find_spec("breezy"); print(s.origin if s else "")';
  let path = '';
  try {
    path = execFileSync(systemPython, ['-I', '-X', 'utf8', '-c', ask], {
      encoding: 'utf8',
      timeout: answerMsMax,
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (error) {
    throw new StartError(`${systemPython} does not run; install Debian's python3`, {
      cause: error,
    });
  }
  if (path === '')
    throw new StartError(`${systemPython} finds no Breezy; install it: apt-get install brz`);
  return path;
}

/** Its version stands in this very file. */
function identify(breezy: string): string {
  const hash = createHash('sha256').update(breezy).update(readFileSync(breezy));
  const sources = readdirSync(zygoteDirectory).filter(
    (name) => name.endsWith('.py') && !name.startsWith('test_'),
  );
  for (const name of sources.sort())
    hash.update(name).update(readFileSync(join(zygoteDirectory, name)));
  return hash.digest('hex');
}

/**
 * The identity in a list; an empty one when it has none, null when there is no list that can be
 * used.
 */
function recordedFor(path: string): string | null {
  try {
    const { identity, modules } = JSON.parse(readFileSync(path, 'utf8')) as {
      identity?: unknown;
      modules?: unknown;
    };
    if (!Array.isArray(modules) || modules.length === 0) return null;
    return typeof identity === 'string' ? identity : '';
  } catch {
    return null;
  }
}
