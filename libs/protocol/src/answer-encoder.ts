import type { Answer, FailureAnswer } from './answer.ts';
import { UnencodableError } from './errors.ts';
import { directoryBytesMax } from './limits.ts';
import { oneLine } from './one-line.ts';
import { quoteText } from './quoted.ts';
import { encodeUtf8 } from './utf8.ts';
import { waitStatusMax } from './wait-status.ts';

/**
 * The bytes of an answer: docs/reference/fork-protocol.md#requests-and-answers. A failure's reason
 * is forced onto one line.
 * @throws UnencodableError for an invalid pid, status or directory
 */
export function encodeAnswer(answer: Answer): Uint8Array<ArrayBuffer> {
  return encodeUtf8(textOf(answer));
}

/** The second line of the answer to `hello`, and to `quit`; the words are Launchpad's. */
export const aliveLine = 'yep, still alive';
export const quittingLine = 'quit command requested... exiting';

/** Greatest pid that Linux gives (PID_MAX_LIMIT, 4 Mi) with room for another kernel's 31 bits. */
export const pidMax = 0x7fff_ffff;

/**
 * Whether the service can send a client this directory: an absolute path that is one line and
 * decodes to the same path.
 */
export function isPipeDirectory(directory: string): boolean {
  if (!/^\/[^\0\n]*$/.test(directory) || directory.endsWith('\r') || !directory.isWellFormed())
    return false;
  return encodeUtf8(directory).length <= directoryBytesMax;
}

function textOf(answer: Answer): string {
  switch (answer.kind) {
    case 'alive':
      return `ok\n${aliveLine}\n`;
    case 'quitting':
      return `ok\n${quittingLine}\n`;
    case 'ok':
      return 'ok\n';
    case 'forked':
      return `ok\n${wholeNumber(answer.pid, 1, pidMax)}\n${encodableDirectory(answer.directory)}\n`;
    case 'exited':
      return `exited\n${wholeNumber(answer.status, 0, waitStatusMax)}\n`;
    case 'failure':
      return failureText(answer);
    default:
      return answer satisfies never;
  }
}

function failureText({ reason, sameLine }: FailureAnswer): string {
  return `FAILURE${sameLine === true ? ': ' : '\n'}${oneLine(reason)}\n`;
}

function wholeNumber(value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new UnencodableError(
    'bad-number',
    `${value} is not a whole number from ${minimum} to ${maximum}`,
  );
}

function encodableDirectory(directory: string): string {
  if (isPipeDirectory(directory)) return directory;
  throw new UnencodableError(
    'bad-directory',
    `not an absolute path on one line: ${quoteText(directory)}`,
  );
}
