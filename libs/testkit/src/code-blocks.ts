/** A block of code in a document. */
export interface CodeBlock {
  readonly path: string;
  /** Line number of its first line of code, counted from 1. */
  readonly line: number;
  /** The words after the fence: a language, and `run` when a test runs the block as it is. */
  readonly words: readonly string[];
  readonly text: string;
}

/** The fenced blocks of a Markdown document, in order. */
export function codeBlocks(path: string, document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; words: string[]; lines: string[] } | null = null;
  for (const [index, line] of document.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null)
      open = { line: index + 2, words: (fence[1] ?? '').split(/\s+/).filter(Boolean), lines: [] };
    else {
      blocks.push({ path, line: open.line, words: open.words, text: `${open.lines.join('\n')}\n` });
      open = null;
    }
  }
  return blocks;
}
