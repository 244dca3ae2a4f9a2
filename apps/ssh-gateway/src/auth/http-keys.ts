import type { AccountText } from './key-source.ts';

export interface HttpKeysOptions {
  /** With `{user}` where the name goes. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; null for none. */
  readonly token: string | null;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/**
 * Asks an HTTP service for a user's keys and teams: `{"keys": ["ssh-ed25519 AAAA… comment", …], "teams": ["reds", …]}`, each key a line of
 * authorized_keys, the teams optional; or 404 for nobody.
 * @throws an Error that says what was wrong with the answer
 */
export async function fetchAccount(user: string, options: HttpKeysOptions): Promise<AccountText> {
  const response = await fetch(options.url.replaceAll('{user}', encodeURIComponent(user)), {
    headers: {
      accept: 'application/json',
      ...(options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
    },
    // A redirect would carry the token to somebody else.
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  const body = await readBody(response, options.answerBytesMax);
  if (response.status === 404) return { keys: '', teams: '' };
  if (response.status !== 200) throw new Error(`it answered ${response.status}`);
  return accountIn(body);
}

async function readBody({ body }: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by a throw cancels the stream, and with it the connection.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw new Error(`its answer is longer than ${bytesMax} bytes`);
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

function linesOf(name: string, value: unknown): string {
  if (!Array.isArray(value) || !value.every(isOneLine)) throw new Error(`its answer has no list "${name}" of lines`);
  return value.join('\n');
}

/** Two lines in one would be counted, and refused, as one. */
function isOneLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n]/.test(value);
}
