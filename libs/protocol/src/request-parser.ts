import { isChildId } from './child-id.ts';
import { environmentOf } from './environment.ts';
import { WordsError } from './errors.ts';
import { childIdCharactersMax } from './limits.ts';
import type { RequestLimits } from './limits.ts';
import { linesOf, newline, withoutCarriageReturn } from './line.ts';
import { quoteBytes, quoteText } from './quoted.ts';
import { accepted, parseFailed, refused } from './request-outcome.ts';
import type { RequestOutcome } from './request-outcome.ts';
import { decodeUtf8, decodeUtf8Lossily } from './utf8.ts';
import { splitWords } from './words.ts';

/**
 * Parses a complete request, as `RequestFrame` cuts it. The verbs are matched as Launchpad's
 * service did: `hello` and `quit` are the whole line, the others need the space behind them; so
 * `hello there`, `Hello` and `fork` alone are unknown requests.
 */
export function parseRequest(
  request: Uint8Array,
  limits: RequestLimits,
  allowedVariables: readonly string[],
): RequestOutcome {
  // The verbs are ASCII, so bytes that are not UTF-8 cannot form one; each verb refuses them below
  // in its own way.
  const line = linesOf(decodeUtf8Lossily(request))[0] ?? '';
  if (line === 'hello') return accepted({ kind: 'hello' });
  if (line === 'quit') return accepted({ kind: 'quit' });
  if (line.startsWith('fork ')) return parseFork(request, 'fork ', []);
  if (line.startsWith('fork-env ')) return parseFork(request, 'fork-env ', allowedVariables);
  if (line.startsWith('attach ')) return parseAttach(line.slice('attach '.length));
  // Launchpad's service called the bare word an unknown request; here its value is missing
  // (docs/reference/fork-protocol.md#child_connect_timeout).
  if (line === timeoutVerb || line.startsWith(`${timeoutVerb} `)) {
    return parseChildConnectTimeout(
      line.slice(timeoutVerb.length),
      limits.childConnectTimeoutSecondsMax,
    );
  }
  return refused({ code: 'unknown-request', quoted: quoteFirstLine(request) });
}

const timeoutVerb = 'child_connect_timeout';

function parseFork(
  request: Uint8Array,
  verb: 'fork ' | 'fork-env ',
  allowedVariables: readonly string[],
): RequestOutcome {
  const text = decodeUtf8(request);
  if (text === null) return parseFailed('the request is not valid UTF-8');
  const [line = '', ...environmentLines] = linesOf(text);
  const commandLine = line.slice(verb.length);
  if (commandLine.includes('\0')) return parseFailed('the command holds a NUL');
  const command = wordsOf(commandLine);
  if (command instanceof WordsError) return parseFailed(command.message);
  if (command.length === 0) return parseFailed('the command is empty');
  const parsed = environmentOf(environmentLines.slice(0, -1), allowedVariables);
  if (!parsed.ok) return parseFailed(parsed.why);
  const withEnvironment = verb === 'fork-env ';
  return accepted({
    kind: 'fork',
    commandLine,
    command,
    environment: parsed.environment,
    withEnvironment,
  });
}

function wordsOf(commandLine: string): string[] | WordsError {
  try {
    return splitWords(commandLine);
  } catch (error) {
    if (error instanceof WordsError) return error;
    throw error;
  }
}

function parseAttach(id: string): RequestOutcome {
  if (isChildId(id)) return accepted({ kind: 'attach', id });
  return parseFailed(
    `attach wants the id of a child, 1 to ${childIdCharactersMax} letters, digits, '.', '_' and '-', not ${quoteText(id)}`,
  );
}

/** Blanks around the number and a plus sign are allowed, because Python's int() accepted them. */
function parseChildConnectTimeout(text: string, secondsMax: number): RequestOutcome {
  const digits = /^[ \t]*\+?(\d+)[ \t]*$/.exec(text)?.[1];
  const seconds = Number(digits ?? NaN);
  if (seconds <= secondsMax) return accepted({ kind: 'child-connect-timeout', seconds });
  const why = `child_connect_timeout wants a whole number of seconds from 0 to ${secondsMax}, not ${quoteText(text.trim())}`;
  return refused({ code: 'bad-child-connect-timeout', why });
}

/**
 * Quotes the line with a `\n` at its end, also when it came with `\r\n`, as Launchpad's service
 * did.
 */
function quoteFirstLine(request: Uint8Array): string {
  const line = withoutCarriageReturn(request.subarray(0, request.indexOf(newline)));
  return quoteBytes(Uint8Array.of(...line.subarray(0, 300), newline));
}
