import { seededRandom } from './random.ts';

/** The size of a history, and the seed that makes it the same each time. */
export interface HistoryOptions {
  readonly seed: number;
  readonly revisions: number;
  readonly files: number;
}

const linesOfFile = 60;
const filesOfRevision = 3;
const wordsOfLine = 7;
const startedAtS = 1_700_000_000;

/**
 * A history as a fast-import stream (git-fast-import(1)): a tree of text files; each revision
 * changes some lines.
 */
export function historyStream({ seed, revisions, files }: HistoryOptions): string {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const words = Array.from({ length: 400 }, () => Math.floor(random() * 36 ** 5).toString(36));
  const line = (): string =>
    Array.from({ length: wordsOfLine }, () => words[pick(words.length)]).join(' ');
  const tree = Array.from({ length: files }, () => Array.from({ length: linesOfFile }, line));
  const path = (file: number): string => `source/part-${file % 12}/file-${file}.txt`;
  const change = (file: number): string => {
    tree[file]?.splice(pick(linesOfFile), 1, line());
    return fileCommand(path(file), tree[file] ?? []);
  };
  const first = tree.map((lines, file) => fileCommand(path(file), lines));
  const commits = [commitCommand(1, line(), first)];
  for (let number = 2; number <= revisions; number += 1) {
    const changed = new Set(Array.from({ length: filesOfRevision }, () => pick(files)));
    commits.push(commitCommand(number, line(), [...changed].map(change)));
  }
  return commits.join('');
}

function commitCommand(number: number, message: string, changes: readonly string[]): string {
  const head = [
    'commit refs/heads/master',
    `mark :${number}`,
    `committer Bench <bench@hatchery.invalid> ${startedAtS + 60 * number} +0000`,
    `data ${message.length}`,
    message,
    ...(number === 1 ? [] : [`from :${number - 1}`]),
  ];
  return `${head.join('\n')}\n${changes.join('')}`;
}

/** Lengths are in bytes; everything here is ASCII. */
function fileCommand(path: string, lines: readonly string[]): string {
  const text = `${lines.join('\n')}\n`;
  return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
}
