import { parseRevokedLines } from '@hatchery/ssh-keys';
import { krlMagic, parseKrl, type RevokedKeys } from './krl.ts';

/** Revokes nothing. */
export const noRevokedKeys: RevokedKeys = { hasKey: () => false, hasCertificate: () => false };

/**
 * Reads sshd_config(5) RevokedKeys: a binary list of `ssh-keygen -k`, or one public key a line.
 * @throws an Error when any part cannot be read: half a list would admit a revoked key
 */
export function parseRevokedKeys(contents: Buffer): RevokedKeys {
  if (!contents.subarray(0, krlMagic.length).equals(krlMagic)) return parseLines(contents);
  const parsed = parseKrl(contents);
  if (parsed === null) throw new Error('the key revocation list is damaged or of an unknown kind');
  return parsed;
}

function parseLines(text: Buffer): RevokedKeys {
  const blobs = new Set(parseRevokedLines(text).map((blob) => blob.toString('hex')));
  return { hasKey: ({ blob }) => blobs.has(blob.toString('hex')), hasCertificate: () => false };
}
