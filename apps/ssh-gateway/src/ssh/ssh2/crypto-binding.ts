import { createRequire } from 'node:module';

/**
 * Whether ssh2's native ciphers were built for this Node. Without them ssh2 silently uses its slow
 * ones (85 instead of 200 MB/s), and does not export which it uses.
 */
export function nativeCryptoLoaded(): boolean {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
    bindingAvailable?: unknown;
  };
  return crypto.bindingAvailable === true;
}
