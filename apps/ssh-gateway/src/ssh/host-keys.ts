import ssh2, { type ParsedKey } from 'ssh2';
import { rsaHostKeyAlgorithms } from './algorithms.ts';

/** A private key that ssh2 takes as a host key. */
export type HostKey = ParsedKey;

/** Reads one private key, in one entry for each algorithm it signs with. @throws an Error that says what is wrong with it */
export function parseHostKey(contents: Buffer): HostKey[] {
  const parsed = ssh2.utils.parseKey(contents);
  if (parsed instanceof Error) throw parsed;
  // The types say one key; files in OpenSSH's format come as a list of one.
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
  if (!key.isPrivateKey()) throw new Error('it is a public key');
  if (key.type === 'ssh-dss') throw new Error('DSA keys are obsolete');
  if (key.type !== 'ssh-rsa') return [key];
  // Given a key of type ssh-rsa, ssh2 offers SHA-1 signatures whatever `algorithms` says. Under the name of the algorithm it does not.
  return rsaHostKeyAlgorithms.map((type) => Object.create(key, { type: { value: type } }) as ParsedKey);
}
