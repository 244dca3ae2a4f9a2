import { codeBlocks } from '@hatchery/testkit';
import type { Problem, Rule } from './source-files.ts';

/**
 * Languages of code blocks. A test checks the syntax of each except `text`, which is output or a
 * drawing.
 */
const languages = ['sh', 'toml', 'nginx', 'haproxy', 'ini', 'json', 'yaml', 'text'] as const;

/** Every code block names its language, so that a test can check it. */
export const namedBlocks: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }): Problem[] => [
      ...codeBlocks(path, text)
        .filter(
          ({ words: [language = ''] }) =>
            !languages.includes(language as (typeof languages)[number]),
        )
        .map(
          ({ line }) =>
            `${path}:${line - 1}: a block of code names no language of ${languages.join(', ')}`,
        ),
      ...indented(text).map(
        (line) => `${path}:${line}: a block of code is indented; fence it, with its language`,
      ),
    ]);

/**
 * Lines of code without a fence: Markdown treats four spaces after an empty line as code, but not
 * below a list.
 */
function indented(text: string): number[] {
  const outside = text.replace(/^\s*```[^]*?^\s*```/gm, (block) => block.replace(/.+/g, '-'));
  const lines = outside.split('\n');
  return lines.flatMap((line, index) => {
    const above =
      lines.slice(0, index).findLast((one) => one.trim() !== '' && !/^ {2,}/.test(one)) ?? '';
    return lines[index - 1] === '' && /^ {4}\S/.test(line) && !/^([-*]|\d+\.) /.test(above)
      ? [index + 1]
      : [];
  });
}
