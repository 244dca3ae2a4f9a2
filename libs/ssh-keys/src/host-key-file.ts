import { parseAuthorizedKeys } from './authorized-keys.ts';
import { quoted } from './foreign-format.ts';
import { whyUnreadable } from './user-files.ts';
import { wireString } from './wire-format.ts';

/** The start of a private key in OpenSSH's own format. Source: OpenSSH's PROTOCOL.key. */
const openSshMagic = 'openssh-key-v1\0';

/**
 * Why the host key file `path` cannot be opened, with what to do; `code` is the system's. It
 * advises to make another key only if the file is missing.
 */
export function unreadHostKey(code: string, path: string): string {
  if (code !== 'ENOENT') return whyUnreadable(code);
  return `it is missing; put it back, or make one with: ssh-keygen -t ed25519 -N '' -f ${quoted(path)}`;
}

/**
 * Why a file that holds public keys cannot be a host key, with what to do; null for any other file.
 */
export function publicHostKeyObjection(contents: Buffer, path: string): string | null {
  if (parseAuthorizedKeys(contents).keys.length === 0) return null;
  const named = path.endsWith('.pub') ? ` as ${path.slice(0, -'.pub'.length)}` : '';
  return `it is a public key; name its private half in ssh.host_keys${named}`;
}

/**
 * Why the file `path` is not a usable host key, with what to do. `what` is its reader's message. A
 * key that is in use elsewhere must never be overwritten: the advice is to move the file away by
 * hand.
 */
export function hostKeyObjection(contents: Buffer, path: string, what: string): string {
  const objection = publicHostKeyObjection(contents, path);
  if (objection !== null) return objection;
  if (hasPassphrase(contents))
    return `it has a passphrase; take that away with: ssh-keygen -p -N '' -f ${quoted(path)}`;
  return `${what}; move it away, then make one with: ssh-keygen -t ed25519 -N '' -f ${quoted(path)}`;
}

function hasPassphrase(contents: Buffer): boolean {
  const text = contents.toString('latin1');
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return true;
  const [, body = ''] = /^-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/m.exec(text) ?? [];
  const bytes = Buffer.from(body, 'base64');
  if (!bytes.toString('latin1').startsWith(openSshMagic)) return false;
  // The name of the cipher is the first field.
  return !bytes
    .subarray(openSshMagic.length)
    .toString('latin1')
    .startsWith(wireString('none').toString('latin1'));
}
