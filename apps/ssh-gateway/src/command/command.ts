import { masked } from '@hatchery/display';
import { splitWords, WordsError } from '@hatchery/protocol';

/** The decision about an exec line. A refusal's `line` is for the user and says what to do. */
export type CommandDecision =
  | { readonly kind: 'serve'; readonly command: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly line: string };

/** A closed list, so that refusals can be counted. */
export type RefusalReason =
  | 'too-long'
  | 'not-text'
  | 'unbalanced-quotes'
  | 'unknown-program'
  | 'unknown-subcommand'
  | 'unknown-form';

const advice = 'only Bazaar branches are served here; use: brz branch bzr+ssh://…';

/**
 * The one table from what a client asks for to what the gateway runs. No word of the client reaches
 * the child: each accepted form maps to a command of ours. Real clients send `bzr serve --inet
 * --directory=/ --allow-writes`; the program is BZR_REMOTE_PATH, so it may be a path.
 */
export function decideCommand(
  execLine: string,
  user: string,
  lineBytesMax: number,
): CommandDecision {
  if (Buffer.byteLength(execLine) > lineBytesMax)
    return refused('too-long', `the command is longer than ${lineBytesMax} bytes: ${advice}`);
  // Another reader could interpret a newline or NUL differently. ssh2 replaces bytes that are not
  // UTF-8 by U+FFFD (trap I).
  if (/[\0-\x1f\x7f\ufffd]/.test(execLine))
    return refused('not-text', `the command holds control characters or is not UTF-8: ${advice}`);
  const words = wordsOf(execLine);
  if (words === null)
    return refused(
      'unbalanced-quotes',
      `the command has a quote or backslash without its partner; close it, or leave it out: ${advice}`,
    );
  const [program = '', subcommand = '', ...options] = words;
  if (!isBazaar(program))
    return refused('unknown-program', `${quoted(program)} is not run here: ${advice}`);
  if (subcommand !== 'serve')
    return refused(
      'unknown-subcommand',
      `${quoted(`${program} ${subcommand}`)} is not run here: ${advice}`,
    );
  if (!isServeForm(options))
    return refused(
      'unknown-form',
      `${quoted(execLine)} is not a form of serve that clients send: ${advice}`,
    );
  return { kind: 'serve', command: ['lp-serve', '--inet', user] };
}

/** The text for a client that asks for a shell. */
export function noShellLine(user: string): string {
  return `hatchery: hello ${user}, no shell here; branch with: brz branch bzr+ssh://${user}@HOST/~USER/PROJECT/BRANCH`;
}

/** The text for a client that asks for a subsystem, such as sftp. */
export function noSubsystemLine(name: string): string {
  return `hatchery: the subsystem ${quoted(name)} is not offered: ${advice}`;
}

function wordsOf(execLine: string): string[] | null {
  try {
    return splitWords(execLine);
  } catch (error) {
    if (error instanceof WordsError) return null;
    throw error;
  }
}

function isBazaar(program: string): boolean {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return name === 'bzr' || name === 'brz';
}

/**
 * All three options, each once, in any order. Without `--allow-writes` a client would get more than
 * it asked for, so refuse that too.
 */
function isServeForm(options: readonly string[]): boolean {
  const given = withJoinedDirectory(options).toSorted();
  return given.join(' ') === '--allow-writes --directory=/ --inet';
}

/**
 * `--directory /`, `-d /` and `-d/` as one word. Everything after a short option belongs to it,
 * also a `=`, as Breezy reads it.
 */
function withJoinedDirectory(options: readonly string[]): string[] {
  const at = options.findIndex((option) => option === '--directory' || /^-d/.test(option));
  if (at === -1) return [...options];
  const joined = /^-d(.+)/s.exec(options[at] ?? '')?.[1];
  if (joined !== undefined) return options.toSpliced(at, 1, `--directory=${joined}`);
  return options.toSpliced(at, 2, `--directory=${options[at + 1] ?? ''}`);
}

function refused(reason: RefusalReason, text: string): CommandDecision {
  return { kind: 'refused', reason, line: `hatchery: ${text}` };
}

/** The client's text, safe to show: short and without control characters. */
function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  // Of a word that may be anything, no mark that is not seen at all is shown either.
  return `"${masked(shown, '?').replace(/\p{Cf}/gu, '?')}"`;
}
