import type { IncomingMessage } from 'node:http';
import { bodyBytesMax } from '../limits.ts';
import type { Refusal } from '../sign-in/access.ts';

/**
 * The JSON object in a request's body, or why it is refused. The type is required: a form of
 * another site cannot send it.
 */
export async function readJsonBody(
  request: IncomingMessage,
): Promise<{ readonly object: Readonly<Record<string, unknown>> } | Refusal> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    return { status: 415, error: 'The body has to be application/json.' };
  const text = await readText(request);
  if (text === null)
    return { status: 413, error: `The body is larger than ${bodyBytesMax} bytes.` };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { object: { ...value } };
  } catch {
    // Told below, together with JSON that is no object.
  }
  return { status: 400, error: 'The body is not a JSON object.' };
}

/**
 * The body, or null when it is too large; the announced length is checked before a byte is kept.
 */
async function readText(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return null;
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyBytesMax) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
