import { parseAddressPatterns, type AddressPatterns } from './address-patterns.ts';
import { parseExpiryTime } from './expiry-time.ts';
import { splitOptions, type KeyOption } from './key-options.ts';
import { isPublicKeyType, parsePublicKey, type PublicKey } from './public-key.ts';

/** A key that may sign in, or whose certificates may, and under which conditions. */
export interface AuthorizedKey {
  readonly key: PublicKey;
  /** The line says `cert-authority`: the key signs certificates and does not sign in itself. */
  readonly isAuthority: boolean;
  /** With `cert-authority`: a certificate must be for one of these, not for the user's name. */
  readonly principals: readonly string[] | null;
  /** Where the client has to come from; null for anywhere. */
  readonly from: AddressPatterns | null;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAtMs: number | null;
  /** Of a security key: somebody must have touched it. */
  readonly needsTouch: boolean;
  /** Of a security key: it must have asked for a PIN. */
  readonly needsVerification: boolean;
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

/** Options that only take away what the gateway never gives: a key that has them is as good as one without. */
const harmlessOptions = new Set([
  'restrict',
  ...['pty', 'port-forwarding', 'agent-forwarding', 'x11-forwarding', 'user-rc'].flatMap((name) => [
    name,
    `no-${name}`,
  ]),
  ...['permitopen', 'permitlisten'],
]);

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

/** Reads `type base64 [comment]`. A key, or the reason why there is none. */
function parseKeyLine(line: string): PublicKey | string {
  const [type = '', encoded = ''] = line.split(/[ \t]+/);
  if (!isPublicKeyType(type)) return `the key type ${type} is not supported`;
  const blob = Buffer.from(encoded, 'base64');
  // Node's decoder skips what is not base64; encoding again shows it.
  if (encoded === '' || blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    return 'the key is damaged';
  const key = parsePublicKey(blob);
  if (key === null)
    return type === 'ssh-rsa'
      ? 'the key is damaged or has less than 2048 bits'
      : 'the key is damaged or of another type';
  return key.type === type ? key : 'the key is not of the type the line names';
}

/** Reads one public key a line, without options. @throws an Error that names the line: half a list is none */
export function parseKeyLines(text: string): PublicKey[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) return [];
    const key = parseKeyLine(line);
    if (typeof key === 'string') throw new Error(`line ${index + 1}: ${key}`);
    return key;
  });
}

type Conditions = Omit<AuthorizedKey, 'key'>;

const unconditional: Conditions = {
  isAuthority: false,
  principals: null,
  from: null,
  expiresAtMs: null,
  needsTouch: true,
  needsVerification: false,
};

/** A key, or the reason why there is none. */
function parseLine(line: string): AuthorizedKey | string {
  const split = splitOptions(line);
  if (split === null) return 'its options are malformed, as by unbalanced quotes';
  let conditions = unconditional;
  const seen = new Set<string>();
  for (const option of split.options) {
    // sshd takes the first `from` and the first of others; which of two was meant nobody can tell.
    if (seen.has(option.name) && !harmlessOptions.has(option.name)) return `the option ${option.name} is there twice`;
    seen.add(option.name);
    const read = readOption(option);
    if (typeof read === 'string') return read;
    conditions = { ...conditions, ...read };
  }
  if (conditions.principals !== null && !conditions.isAuthority) return 'the option principals needs cert-authority';
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
      return `the option ${name} is not supported`;
  }
}
