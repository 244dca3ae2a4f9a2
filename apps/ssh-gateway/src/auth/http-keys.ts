import { parseAuthorizedKeys } from '@hatchery/ssh-keys';
import { UnfitAccountError, type AccountText } from './key-source.ts';

export interface HttpKeysOptions {
  /** With `{user}` in place of the name. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; null for none. */
  readonly token: string | null;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/**
 * Asks an HTTP service for a user's keys and teams: `{"keys": ["ssh-ed25519 AAAA… comment", …],
 * "teams": ["reds", …]}`. Each key is a line of authorized_keys; teams are optional; 404 means an
 * unknown user.
 * @throws an Error that says what was wrong with the answer, an {@link UnfitAccountError} when only
 * this user is affected
 */
export async function fetchAccount(user: string, options: HttpKeysOptions): Promise<AccountText> {
  const response = await fetch(options.url.replaceAll('{user}', encodeURIComponent(user)), {
    headers: {
      accept: 'application/json',
      ...(options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
    },
    // Do not follow redirects: they would send the token to another server.
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  if (response.status === 200) return accountIn(await readBody(response, options.answerBytesMax));
  await response.body?.cancel();
  if (response.status === 404) return { keys: '', teams: '' };
  throw new Error(`it answered ${response.status}`);
}

async function readBody({ body }: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Throwing out of the loop cancels the stream, and so closes the connection.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax)
      throw new UnfitAccountError(`its answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function accountIn(body: string): AccountText {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (error) {
    throw new Error('its answer is not JSON', { cause: error });
  }
  const { keys, teams = [] } = { ...(answer as { keys?: unknown; teams?: unknown } | null) };
  return { keys: linesOf('keys', keys), teams: linesOf('teams', teams) };
}

/**
 * @throws {UnfitAccountError} for an entry that is not one line: two lines in one would be counted,
 * and refused, as one
 */
function linesOf(name: string, value: unknown): string {
  if (!Array.isArray(value)) throw new Error(`its answer has no list "${name}"`);
  return value
    .map((entry: unknown, index) => {
      const line = typeof entry === 'string' ? entry.trimEnd() : null;
      if (line !== null && !/[\r\n]/.test(line)) return line;
      const what = `entry ${index + 1} of the list "${name}" is not one line`;
      const [ignored] = line === null ? [] : parseAuthorizedKeys(line).ignored;
      throw new UnfitAccountError(
        name === 'keys' && ignored !== undefined ? `${what}: ${ignored.reason}` : what,
      );
    })
    .join('\n');
}
