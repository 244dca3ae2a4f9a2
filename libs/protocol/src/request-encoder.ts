import { isChildId } from './child-id.ts';
import { nameProblem, variableSeparator } from './environment.ts';
import { UnencodableError } from './errors.ts';
import { childConnectTimeoutSecondsMax, requestBytesMax } from './limits.ts';
import { quoteText } from './quoted.ts';
import type { ForkRequest, Request } from './request.ts';
import { encodeUtf8 } from './utf8.ts';
import { splitWords } from './words.ts';

/**
 * The bytes of a request: docs/reference/fork-protocol.md#requests-and-answers. They decode to an
 * equal request, if the service allows the variables.
 * @throws UnencodableError for a request that has no such bytes, WordsError for an unbalanced
 * `commandLine`
 */
export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  const bytes = encodeUtf8(textOf(request));
  if (bytes.length > requestBytesMax) {
    throw new UnencodableError(
      'too-long',
      `the request has ${bytes.length} bytes, the limit is ${requestBytesMax}`,
    );
  }
  return bytes;
}

function textOf(request: Request): string {
  switch (request.kind) {
    case 'hello':
    case 'quit':
      return `${request.kind}\n`;
    case 'fork':
      return forkText(request);
    case 'child-connect-timeout':
      return `child_connect_timeout ${encodableSeconds(request.seconds)}\n`;
    case 'attach':
      return `attach ${encodableId(request.id)}\n`;
    default:
      return request satisfies never;
  }
}

function forkText(request: ForkRequest): string {
  checkCommand(request);
  const variables = Object.entries(request.environment);
  if (request.withEnvironment) {
    return [`fork-env ${request.commandLine}`, ...variables.map(variableLine), 'end', ''].join(
      '\n',
    );
  }
  if (variables.length === 0) return `fork ${request.commandLine}\n`;
  throw new UnencodableError(
    'environment-without-fork-env',
    'an environment needs `withEnvironment: true`',
  );
}

/** The service logs one of the two and runs the other, so they must never differ. */
function checkCommand({ command, commandLine }: ForkRequest): void {
  checkLine(commandLine, 'the command line');
  const words = splitWords(commandLine);
  if (words.length === 0) throw new UnencodableError('empty-command', 'the command is empty');
  const equal =
    words.length === command.length && words.every((word, index) => word === command[index]);
  if (!equal)
    throw new UnencodableError('unequal-command', '`command` is not `commandLine` in words');
}

function variableLine([name, value]: [string, string]): string {
  const problem = nameProblem(name);
  if (problem !== null) throw new UnencodableError('bad-variable-name', problem);
  if (name.includes(variableSeparator)) {
    throw new UnencodableError(
      'bad-variable-name',
      `the name of an environment variable holds a ': ': ${quoteText(name)}`,
    );
  }
  const line = `${name}${variableSeparator}${value}`;
  checkLine(line, `the environment variable ${quoteText(name)}`);
  return line;
}

function checkLine(line: string, what: string): void {
  if (line.includes('\n')) throw new UnencodableError('newline', `${what} holds a newline`);
  if (line.includes('\0')) throw new UnencodableError('nul', `${what} holds a NUL`);
  // The reader would treat it as part of the line's end.
  if (line.endsWith('\r'))
    throw new UnencodableError('carriage-return-at-end', `${what} ends in a carriage return`);
  if (!line.isWellFormed())
    throw new UnencodableError('lone-surrogate', `${what} is not valid Unicode`);
}

function encodableSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= childConnectTimeoutSecondsMax)
    return seconds;
  throw new UnencodableError(
    'bad-number',
    `${seconds} is not a whole number from 0 to ${childConnectTimeoutSecondsMax}`,
  );
}

function encodableId(id: string): string {
  if (isChildId(id)) return id;
  throw new UnencodableError('bad-id', `not the id of a child: ${quoteText(id)}`);
}
