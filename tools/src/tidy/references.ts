import { posix } from 'node:path';
import {
  isForTests,
  isTypeScript,
  type Problem,
  type Rule,
  type SourceFile,
} from './source-files.ts';

/** A text that points somewhere, with the line it is on. */
interface Mention {
  readonly line: number;
  readonly target: string;
}

/** Folders with which a path of this repository begins. */
const topFolders = ['acceptance', 'apps', 'bench', 'deploy', 'docs', 'examples', 'libs', 'tools'];

/** Placeholders that stand for any name. */
const placeholder = /NAME|NNNN|(?:^|\/)x(?:\.test)?\.ts$/;

/** Files that are not ours, or that describe the past. */
const unchecked = ['package-lock.json', 'LICENSE', 'CHANGELOG.md'];

/**
 * All of these must exist in this repository: every link of a document, every path and source that
 * it shows as code, every document that a comment names, and every decision number. `exists` takes
 * a path from the root, of a file or a folder.
 */
export function references(exists: (path: string) => boolean): Rule {
  return (files) => {
    const leads = guide(files, exists);
    const decisions = new Set(
      files.map(({ path }) => /^docs\/decisions\/(\d{4})-/.exec(path)?.[1]),
    );
    return files
      .filter(({ path }) => !unchecked.includes(path))
      .flatMap((file): Problem[] => [
        ...pointers(file)
          .filter(({ target }) => !placeholder.test(target) && !leads(file.path, target))
          .map(
            ({ line, target }) =>
              `${file.path}:${line}: ${target} leads nowhere in this repository`,
          ),
        ...decisionNumbers(file)
          .filter(({ target }) => !decisions.has(target))
          .map(({ line, target }) => `${file.path}:${line}: there is no decision ${target}`),
      ]);
  };
}

/** Tells whether a target that the file `from` names exists, with its anchor. */
function guide(
  files: readonly SourceFile[],
  exists: (path: string) => boolean,
): (from: string, target: string) => boolean {
  const documents = new Map(
    files.filter(({ path }) => path.endsWith('.md')).map(({ path, text }) => [path, text]),
  );
  // A document may name a source or a folder by the end of its path.
  const endsOne = (path: string): boolean =>
    files.some((file) => `/${file.path}`.endsWith(`/${path}`));
  const isFolder = (path: string): boolean =>
    files.some((file) => `/${file.path}`.includes(`/${path}`));
  return (from: string, target: string): boolean => {
    const [path = '', anchor] = target.split('#');
    const found = path === '' ? from : placesOf(from, path).find(exists);
    if (found !== undefined)
      return anchor === undefined || anchorsOf(documents.get(found) ?? '').has(anchor);
    return /\.(?:tsx?|py)$/.test(path) ? endsOne(path) : path.endsWith('/') && isFolder(path);
  };
}

/** A link is relative to its document; a path in a text may also be relative to the root. */
function placesOf(from: string, path: string): string[] {
  return [posix.join(posix.dirname(from), path), posix.normalize(path)].map((one) =>
    one.replace(/\/$/, ''),
  );
}

function pointers(file: SourceFile): Mention[] {
  if (file.path.endsWith('.md'))
    return [...links(file), ...shownPaths(file), ...namedDocuments(prose(file))];
  return [
    ...namedDocuments(isTypeScript(file) ? commentsOf(file.text) : file.text),
    // Programs also print references to documents.
    ...(isForTests(file) ? [] : mentions(file.text, /(?<![\w./-])docs\/[\w/-]+\.md(?:#[\w-]+)?/g)),
  ];
}

/** `[text](target)` and pictures, except those on other hosts. */
function links(file: SourceFile): Mention[] {
  return mentions(prose(file), /\]\(([^)\s]+)\)/g).filter(({ target }) => !/^[a-z]+:/.test(target));
}

/**
 * Paths between backquotes that begin with one of our folders, and sources; in the README of an app
 * also folders.
 */
function shownPaths({ path, text }: SourceFile): Mention[] {
  const shown = new RegExp(
    `\`((?:${topFolders.join('|')})/[\\w./-]+|[\\w-][\\w./-]*\\.(?:tsx?|py))\``,
    'g',
  );
  const folder = /^apps\/.*README\.md$/.test(path) ? /`([a-z][\w-]*(?:\/[\w-]+)*\/)`/g : /(?!)/g;
  return [...mentions(withoutBlocks(text), shown), ...mentions(withoutBlocks(text), folder)];
}

function namedDocuments(text: string): Mention[] {
  const withoutLinks = text.replace(/\[[^\]\n]*\]\([^)\n]*\)/g, '');
  return mentions(withoutLinks, /(?<![\w./:<-])((?:[\w.-]+\/)*[\w-]+\.md(?:#[\w-]+)?)(?![\w/])/g);
}

function decisionNumbers(file: SourceFile): Mention[] {
  if (file.path.startsWith('docs/decisions/'))
    return mentions(prose(file), /(?<![\w.#-])(00\d\d)(?![\w.-])/g);
  return [
    ...mentions(file.text, /\bdecisions? \[?(0\d{3})\b/g),
    ...mentions(file.text, /docs\/decisions\/(0\d{3})\b/g),
  ];
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(document: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...withoutBlocks(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
      const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = text.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

/** A document without its code; line numbers stay the same. */
function prose({ text }: SourceFile): string {
  return withoutBlocks(text).replace(/`[^`\n]*`/g, '');
}

function withoutBlocks(text: string): string {
  return text.replace(/^\s*```[^]*?^\s*```/gm, (block) => block.replace(/.+/g, ''));
}

/** The comments of a file; line numbers stay the same. */
function commentsOf(text: string): string {
  return text.replace(/.*/g, (line) => /(?:^\s*\/?\*|(?:^|\s)\/\/)(.*)/.exec(line)?.[1] ?? '');
}

/** The first group of each match, or all of it, with its line. */
function mentions(text: string, pattern: RegExp): Mention[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(pattern)].map(([all, group]) => ({
      line: index + 1,
      target: group ?? all,
    })),
  );
}
