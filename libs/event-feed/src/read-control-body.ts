import type { IncomingMessage } from 'node:http';
import { controlBodyBytesMax } from './limits.ts';

/**
 * The JSON object that a control request carries; null when it is none, is longer than {@link
 * controlBodyBytesMax}, or never ends.
 */
export async function readControlBody(
  request: IncomingMessage,
): Promise<Record<string, unknown> | null> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk as string;
      if (text.length > controlBodyBytesMax) return null;
    }
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
