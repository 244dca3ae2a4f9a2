import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Our own code, and the version of Breezy, which stands in this file of Debian's package. */
const watched = [
  fileURLToPath(new URL('../../zygote', import.meta.url)),
  '/usr/lib/python3/dist-packages/breezy/__init__.py',
];

/**
 * Changes whenever what a zygote loads does: our Python code, Breezy, or the list of modules to preload. A change of a
 * plain file is seen by its time and size, as make(1) sees it. A file that is missing is a change as well.
 */
export function zygoteFingerprint(preloadManifest: string): string {
  return [preloadManifest, ...watched].flatMap(listFiles).map(describe).join(';');
}

function listFiles(path: string): string[] {
  if (!path.endsWith('/zygote')) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.py') && !name.startsWith('test_'))
    .sort()
    .map((name) => join(path, name));
}

function describe(path: string): string {
  const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: -1 };
  return `${mtimeMs}/${size}`;
}
