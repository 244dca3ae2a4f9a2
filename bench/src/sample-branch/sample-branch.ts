import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Stand } from '../stand/stand.ts';
import { runTool } from '../stand/tools.ts';
import { historyStream } from './history.ts';

const size = { seed: 20_260_101, revisions: 640, files: 220 };

/** The path below the hosting root and in addresses. */
const place = '~demo/bench/trunk';

/** A branch with a history, hosted on the stand. */
export interface SampleBranch {
  readonly place: string;
  /**
   * Checks that the branch with a working tree at `directory` is complete. @throws an Error that
   * names what is not
   */
  check(directory: string): void;
}

/** Makes the branch: the same one at each run. */
export async function hostSampleBranch(stand: Stand): Promise<SampleBranch> {
  const { home, signal, hatchery } = stand;
  const stream = stand.scratch('history');
  writeFileSync(stream, historyStream(size));
  const branch = join(hatchery.hostingRoot, place);
  mkdirSync(dirname(branch), { recursive: true });
  const brz = (...words: string[]): Promise<string> =>
    runTool(['/usr/bin/brz', ...words], { home, signal });
  await brz('init', '--quiet', branch);
  await brz('fast-import', '--quiet', stream, branch);
  await brz('remove-tree', '--quiet', '--force', branch);
  const tip = readTip(branch);
  if (!tip.startsWith(`${size.revisions} `))
    throw new Error(`the sample branch is at ${tip}, not at ${size.revisions}`);
  return { place, check: (directory) => check(directory, tip) };
}

function check(directory: string, tip: string): void {
  if (readTip(directory) !== tip)
    throw new Error(`the branch is at ${readTip(directory)}, not at ${tip}`);
  const files = readdirSync(join(directory, 'source'), { recursive: true, withFileTypes: true });
  const count = files.filter((entry) => entry.isFile()).length;
  if (count !== size.files) throw new Error(`the branch has ${count} files, not ${size.files}`);
}

/** Number and id of the last revision, as Breezy's branch format 6 and later keeps them. */
function readTip(directory: string): string {
  return readFileSync(join(directory, '.bzr/branch/last-revision'), 'utf8').trim();
}
