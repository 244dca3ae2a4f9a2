import { execFileSync } from 'node:child_process';
import { systemPython } from '@hatchery/config';
import { checkoutDirectory, version as hatchery } from '@hatchery/daemon';
import { exitDone, expectWords, type Command } from './command.ts';
import { examinationMsMax } from './limits.ts';

/** What runs here: null of what is not known or not installed. */
export interface Versions {
  readonly hatchery: string;
  /**
   * The commit of the checkout, shortened by git; null where the code is no checkout of its own.
   */
  readonly commit: string | null;
  readonly node: string;
  readonly breezy: string | null;
}

export const version: Command = {
  name: 'version',
  synopsis: '[--json]',
  summary: 'print the versions of Hatchery, Node and Breezy; hatchery --version does the same',
  needsNoConfiguration: true,
  options: { json: { type: 'boolean' } },
  run(invocation) {
    expectWords(invocation);
    const versions = readVersions();
    const isJson = invocation.options['json'] === true;
    invocation.print(isJson ? `${JSON.stringify(versions)}\n` : describeVersions(versions));
    return Promise.resolve(exitDone);
  },
};

/** Asks each program, which takes a fraction of a second. Never throws for what is missing. */
export function readVersions(): Versions {
  const breezy = ask(systemPython, '-E', '-s', '-c', 'import breezy; print(breezy.__version__)');
  return {
    hatchery,
    commit: commitOf(checkoutDirectory),
    node: process.versions.node,
    breezy,
  };
}

/** Lines for a person. */
export function describeVersions({ hatchery, commit, node, breezy }: Versions): string {
  const from = commit === null ? '' : ` (commit ${commit})`;
  return `hatchery ${hatchery}${from}\nNode ${node}\nBreezy ${breezy ?? 'is not installed'}\n`;
}

/**
 * The commit that a directory is the checkout of, not that of a repository around it; null when it
 * is none.
 */
export function commitOf(directory: string): string | null {
  // Also where the checkout is another user's: git is only asked for a name, and runs nothing of
  // the checkout's.
  const words = [
    '-c',
    `safe.directory=${directory}`,
    '-C',
    directory,
    'rev-parse',
    '--show-prefix',
    '--short',
    'HEAD',
  ];
  const [prefix, commit] = ask('git', ...words)?.split('\n') ?? [];
  return prefix === '' && commit !== undefined ? commit : null;
}

/** What a program prints; null when it is missing or fails. */
function ask(program: string, ...words: string[]): string | null {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe', timeout: examinationMsMax } as const;
    return execFileSync(program, words, options).replace(/\n$/, '');
  } catch {
    return null;
  }
}
