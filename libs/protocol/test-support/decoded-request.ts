import { RequestDecoder } from '../src/request-decoder.ts';
import type { RequestDecoderOptions } from '../src/request-decoder.ts';
import type { RequestProgress } from '../src/request-outcome.ts';

/** The final outcome of a fresh decoder for bytes that come in these pieces. */
export function decodedRequest(
  chunks: readonly Uint8Array[],
  options?: RequestDecoderOptions,
): RequestProgress {
  const decoder = new RequestDecoder(options);
  let progress: RequestProgress = { kind: 'incomplete' };
  for (const chunk of chunks) progress = decoder.push(chunk);
  return progress;
}
