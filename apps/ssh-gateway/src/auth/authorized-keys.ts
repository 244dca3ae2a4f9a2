import { createHash } from 'node:crypto';
import { splitOptions } from './key-options.ts';

/** A key that may sign in. `blob` is the public key as RFC 4253 6.6 encodes it. */
export interface AuthorizedKey {
  readonly type: string;
  readonly blob: Buffer;
  /** As `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
  readonly fingerprint: string;
}

/** A line that was left out, and why. `line` is 1-based. */
export interface IgnoredLine {
  readonly line: number;
  readonly reason: string;
}

/** What a file of keys comes to. */
export interface AuthorizedKeys {
  readonly keys: readonly AuthorizedKey[];
  readonly ignored: readonly IgnoredLine[];
}

/** Types whose signatures the gateway can check. Not ssh-dss and not certificates; `sk-` keys need a change in ssh2. */
const types = new Set(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa']);

/** Options that only take away what the gateway never gives: a key that has them is as good as one without. */
const harmlessOptions = new Set([
  'restrict',
  ...['pty', 'port-forwarding', 'agent-forwarding', 'x11-forwarding', 'user-rc'].flatMap((name) => [
    name,
    `no-${name}`,
  ]),
  ...['permitopen', 'permitlisten'],
]);

/** Below this a modulus counts as factorable by the well-funded (NIST SP 800-131A). */
const rsaBitsMin = 2048;

/** Reads the AUTHORIZED_KEYS FILE FORMAT of sshd(8). What it cannot honour in full it leaves out: a restriction is never dropped. */
export function parseAuthorizedKeys(text: string): AuthorizedKeys {
  const keys: AuthorizedKey[] = [];
  const ignored: IgnoredLine[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) return;
    const parsed = parseLine(line);
    if (typeof parsed === 'string') ignored.push({ line: index + 1, reason: parsed });
    else keys.push(parsed);
  });
  return { keys, ignored };
}

/** `SHA256:…` of a public key blob. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** A key, or the reason why there is none. */
function parseLine(line: string): AuthorizedKey | string {
  const split = splitOptions(line);
  if (split === null) return 'unbalanced quotes in its options';
  const refused = split.options.find((option) => !harmlessOptions.has(option.toLowerCase()));
  if (refused !== undefined) return `the option ${refused} is not supported`;
  const [type = '', encoded = ''] = split.rest.split(/[ \t]+/);
  if (!types.has(type)) return `the key type ${type} is not supported`;
  return parseBlob(type, encoded);
}

function parseBlob(type: string, encoded: string): AuthorizedKey | string {
  const blob = Buffer.from(encoded, 'base64');
  const fields = readStrings(blob);
  // Node's decoder skips what is not base64; encoding again shows it.
  if (fields === null || blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    return 'the key is damaged';
  if (fields[0]?.toString('latin1') !== type) return 'the key is not of the type the line names';
  if (type === 'ssh-rsa' && bitsOf(fields[2]) < rsaBitsMin) return `an RSA key needs at least ${rsaBitsMin} bits`;
  return { type, blob, fingerprint: fingerprintOf(blob) };
}

/** The length-prefixed strings that make up a blob (RFC 4251 5), or null when they do not fill it exactly. */
function readStrings(blob: Buffer): Buffer[] | null {
  const strings: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return null;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return null;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings.length < 2 ? null : strings;
}

function bitsOf(mpint: Buffer | undefined): number {
  return mpint === undefined || mpint.length === 0 ? 0 : BigInt(`0x${mpint.toString('hex')}`).toString(2).length;
}
