import { parseAddressPatterns, type AddressPatterns } from './address-patterns.ts';
import { parseExpiryTime } from './expiry-time.ts';
import { splitOptions, type KeyOption } from './key-options.ts';
import { foreignBlock } from './foreign-format.ts';
import { keyTextOf } from './key-text.ts';
import { isPublicKeyType, makeAnother, readPublicKey, type PublicKey } from './public-key.ts';
import { wireString } from './wire-format.ts';

/** A key that may sign in, or whose certificates may, and under which conditions. */
export interface AuthorizedKey {
  /** 1-based. */
  readonly line: number;
  readonly key: PublicKey;
  /** The line says `cert-authority`: the key signs certificates and does not sign in itself. */
  readonly isAuthority: boolean;
  /**
   * With `cert-authority`: a certificate must name one of these as principal, instead of the user's
   * name.
   */
  readonly principals: readonly string[] | null;
  /** The addresses that the client may connect from; null for any. */
  readonly from: AddressPatterns | null;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAtMs: number | null;
  /** Of a security key: the user must touch it. */
  readonly needsTouch: boolean;
  /** Of a security key: the user must enter a PIN. */
  readonly needsVerification: boolean;
}

/** A line that was left out, and why. `line` is 1-based. */
export interface IgnoredLine {
  readonly line: number;
  readonly reason: string;
}

/** The keys and the ignored lines of a file. */
export interface AuthorizedKeys {
  readonly keys: readonly AuthorizedKey[];
  readonly ignored: readonly IgnoredLine[];
}

/** Why no key of a file can sign in; null when one can, or the file contains none. */
export function noKeyIsLetIn({ keys, ignored }: AuthorizedKeys): string | null {
  const [first] = ignored;
  if (keys.length > 0 || first === undefined) return null;
  // The command for another format writes into a file of its own.
  const remedy = /\.new'?$/.test(first.reason)
    ? ', then put the new file in the place of the old one'
    : '';
  return `none of its keys is let in; line ${first.line}: ${first.reason}${remedy}`;
}

/**
 * Options that only disable features that the gateway never offers: a key with them is as good as
 * one without.
 */
const harmlessOptions = new Set([
  'restrict',
  ...['pty', 'port-forwarding', 'agent-forwarding', 'x11-forwarding', 'user-rc'].flatMap((name) => [
    name,
    `no-${name}`,
  ]),
  'permitopen',
  'permitlisten',
]);

/**
 * Reads the AUTHORIZED_KEYS FILE FORMAT of sshd(8). This is the one place that decides which lines
 * let a user in, for the gateway, `user add` and the doctor. It leaves out a line that it cannot
 * honour in full, and never drops a restriction. `name` is the file's name in a command that
 * converts it.
 */
export function parseAuthorizedKeys(contents: Buffer | string, name = 'FILE'): AuthorizedKeys {
  return readLines(contents, name, (line, number) => {
    const parsed = parseLine(line);
    return typeof parsed === 'string' ? parsed : { ...parsed, line: number };
  });
}

/**
 * Reads one public key per line, without options. @throws an Error that names the line: half a list
 * is unusable
 */
export function parseKeyLines(contents: Buffer | string, name = 'FILE'): PublicKey[] {
  const { keys, ignored } = readLines(contents, name, parseKeyLine);
  const [first] = ignored;
  if (first !== undefined) throw new Error(`line ${first.line}: ${first.reason}`);
  return keys;
}

/**
 * Reads a list of revoked keys, one per line, and returns their blobs. It also accepts keys that
 * could never sign in, such as short and obsolete ones.
 * @throws an Error that names the line: half a list is unusable
 */
export function parseRevokedLines(contents: Buffer | string, name = 'FILE'): Buffer[] {
  const { keys, ignored } = readLines(contents, name, (line) => {
    const [type = '', encoded = ''] = line.split(/[ \t]+/);
    const blob = Buffer.from(encoded, 'base64');
    if (/-cert-v\d\d@/.test(type))
      return `it is a certificate; revoke it with: ssh-keygen -k -f LIST ${name}`;
    const isOfType = blob.subarray(0, 4 + type.length).equals(wireString(type));
    return isOfType
      ? { blob }
      : (objectionToType(type, encoded) ?? 'the key is damaged; copy the whole line');
  });
  const [first] = ignored;
  if (first !== undefined) throw new Error(`line ${first.line}: ${first.reason}`);
  return keys.map(({ blob }) => blob);
}

/**
 * Calls `read` for each line that is neither blank nor a comment; it returns a string, the reason,
 * to reject one.
 */
function readLines<T extends object>(
  contents: Buffer | string,
  name: string,
  read: (line: string, number: number) => T | string,
): { readonly keys: T[]; readonly ignored: IgnoredLine[] } {
  const decoded = keyTextOf(typeof contents === 'string' ? Buffer.from(contents) : contents, name);
  if ('reason' in decoded) return { keys: [], ignored: [{ line: 1, reason: decoded.reason }] };
  const lines = decoded.text.split(/\r\n|\n|\r/);
  const keys: T[] = [];
  const ignored: IgnoredLine[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const block = foreignBlock(lines, index, name);
    const parsed = block?.reason ?? read(line, index + 1);
    if (typeof parsed === 'string') ignored.push({ line: index + 1, reason: parsed });
    else keys.push(parsed);
    index += (block?.lines ?? 1) - 1;
  }
  return { keys, ignored };
}

/** Reads `type base64 [comment]`. Returns a key, or the reason why there is none. */
function parseKeyLine(line: string): PublicKey | string {
  const [type = '', encoded = ''] = line.split(/[ \t]+/);
  const objection = objectionToType(type, encoded);
  if (objection !== null) return objection;
  const blob = Buffer.from(encoded, 'base64');
  // Node's decoder skips characters that are not base64; encoding again reveals them.
  if (encoded === '' || blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    return 'the key is damaged; copy the whole line';
  const key = readPublicKey(blob);
  if (typeof key === 'string') return key;
  return key.type === type
    ? key
    : `the key is not of the type ${type} that its line names; copy the whole line`;
}

function objectionToType(type: string, encoded: string): string | null {
  if (isPublicKeyType(type)) return null;
  if (type === 'ssh-dss') return `DSA keys are obsolete; ${makeAnother}`;
  if (/-cert-v\d\d@openssh\.com$/.test(type))
    return 'it is a certificate, not a key; give its key, from the private half with: ssh-keygen -y -f KEY, or let its authority in by a line: cert-authority AUTHORITY';
  if (/^\d+$/.test(type) && /^\d+$/.test(encoded))
    return `keys of SSH protocol 1 are obsolete; ${makeAnother}`;
  if (/^AAAA/.test(encoded)) return `keys of the type ${shown(type)} are not taken; ${makeAnother}`;
  return `it starts with ${shown(type)}, not with the type of a key, as ssh-ed25519`;
}

/**
 * A word for a log that others read: of a word that may be a line of a private key it shows only
 * the length.
 */
function shown(word: string): string {
  return /^[A-Za-z0-9+/=]{20,}$/.test(word)
    ? `${word.length} characters of base64`
    : JSON.stringify(word.slice(0, 40));
}

type Conditions = Omit<AuthorizedKey, 'key' | 'line'>;

const unconditional: Conditions = {
  isAuthority: false,
  principals: null,
  from: null,
  expiresAtMs: null,
  needsTouch: true,
  needsVerification: false,
};

/** Returns a key, or the reason why there is none. */
function parseLine(line: string): Omit<AuthorizedKey, 'line'> | string {
  const split = splitOptions(line);
  const [first = '', second = ''] = line.split(/[ \t]+/);
  const malformed = 'its options are malformed, as by unbalanced quotes';
  if (split === null)
    return /[",=]/.test(first) ? malformed : (objectionToType(first, second) ?? malformed);
  // If nothing like a key follows, these are not options but prose.
  const isProse = split.options.length > 0 && !isPublicKeyType(split.rest.split(/[ \t]+/)[0] ?? '');
  if (isProse && !/^\S+[ \t]+AAAA/.test(split.rest))
    return objectionToType(first, second) ?? 'it is no key';
  let conditions = unconditional;
  const seen = new Set<string>();
  for (const option of split.options) {
    // sshd takes the first `from` and the first of others; we cannot know which of two was meant.
    if (seen.has(option.name) && !harmlessOptions.has(option.name))
      return `the option ${option.name} is there twice`;
    seen.add(option.name);
    const read = readOption(option);
    if (typeof read === 'string') return read;
    conditions = { ...conditions, ...read };
  }
  if (conditions.principals !== null && !conditions.isAuthority)
    return 'the option principals needs cert-authority';
  const key = parseKeyLine(split.rest);
  if (typeof key === 'string') return key;
  if (key.application === null && conditions.needsVerification && !conditions.isAuthority)
    return 'the option verify-required needs a security key';
  return { key, ...conditions };
}

function readOption({ name, value }: KeyOption): Partial<Conditions> | string {
  if (harmlessOptions.has(name)) return {};
  switch (name) {
    case 'cert-authority':
      return { isAuthority: true };
    case 'no-touch-required':
      return { needsTouch: false };
    case 'verify-required':
      return { needsVerification: true };
    case 'from': {
      const from = parseAddressPatterns(value ?? '');
      return from === null ? `the list of the option from="${value ?? ''}" is malformed` : { from };
    }
    case 'expiry-time': {
      const expiresAtMs = parseExpiryTime(value ?? '');
      return expiresAtMs === null
        ? `the time of the option expiry-time="${value ?? ''}" is malformed`
        : { expiresAtMs };
    }
    case 'principals': {
      const principals = (value ?? '').split(',').filter((principal) => principal !== '');
      return principals.length === 0 ? 'the option principals names nobody' : { principals };
    }
    default:
      return `the option ${name} is not supported; take the line out, or the option where the key may do without it`;
  }
}
