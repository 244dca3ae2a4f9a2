import type { IncomingMessage } from 'node:http';

/** The path and query a request asks for, or null when its request line holds no address at all. */
export function requestAddress(request: IncomingMessage): URL | null {
  return URL.parse(`http://dashboard${request.url ?? '/'}`);
}

/** One segment of a path, decoded, or null when its percent signs make no sense. */
export function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
