import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemPython } from '@hatchery/config';
import { FormatError } from '@hatchery/formats';
import { checkoutDirectory } from './checkout.ts';
import { StartError } from './start-error.ts';
import { readVersioned } from './versioned-file.ts';

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
  /** A sentence for each that is of another version, which is recorded anew. */
  readonly troubles: readonly string[];
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
  const recorded = places.map((path) => ({ path, ...recordedFor(path) }));
  return {
    identity,
    places,
    fitting: recorded.find((one) => one.identity === identity)?.path ?? null,
    any: recorded.find((one) => one.identity !== null)?.path ?? null,
    troubles: recorded.flatMap(({ trouble }) => trouble ?? []),
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
function recordedFor(path: string): { identity: string | null; trouble: string | null } {
  try {
    const list = readVersioned<{ identity?: unknown; modules?: unknown }>(path, 'preloadList');
    const isUsable = Array.isArray(list?.modules) && list.modules.length > 0;
    const own = typeof list?.identity === 'string' ? list.identity : '';
    return { identity: isUsable ? own : null, trouble: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { identity: null, trouble: error.message };
  }
}
