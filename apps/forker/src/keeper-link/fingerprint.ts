import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const zygoteDirectory = fileURLToPath(new URL('../../zygote', import.meta.url));

/** Debian's Breezy; one below the other directory comes before it when Python imports. */
const debianBreezy = '/usr/lib/python3/dist-packages/breezy/__init__.py';
const localLibraries = '/usr/local/lib';

/** Which requests a session answers. */
const smartVerbs = fileURLToPath(
  new URL('../../../../libs/protocol/src/smart-verbs.json', import.meta.url),
);

/**
 * Changes whenever what a zygote loads does: our Python code, Breezy, or the list of modules to
 * preload. A change of a plain file is seen by its time and size, as make(1) sees it. A file that
 * is missing is a change as well.
 */
export function zygoteFingerprint(preloadManifest: string): string {
  return [preloadManifest, smartVerbs, ...ownFiles(), ...breezies()].map(describe).join(';');
}

function ownFiles(): string[] {
  return readdirSync(zygoteDirectory)
    .filter((name) => name.endsWith('.py') && !name.startsWith('test_'))
    .sort()
    .map((name) => join(zygoteDirectory, name));
}

/** The version of a Breezy stands in this file of it. */
function breezies(): string[] {
  const local = existsSync(localLibraries) ? readdirSync(localLibraries).sort() : [];
  const pythons = local.filter((name) => name.startsWith('python3'));
  return [
    ...pythons.map((name) => join(localLibraries, name, 'dist-packages/breezy/__init__.py')),
    debianBreezy,
  ];
}

function describe(path: string): string {
  const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: -1 };
  return `${mtimeMs}/${size}`;
}
