import { createPublicKey } from 'node:crypto';
import { makeAnother } from './public-key.ts';
import { wireString } from './wire-format.ts';

/** A block of lines in a format other than one key per line. */
export interface ForeignBlock {
  /** How many lines it has, the first one included. */
  readonly lines: number;
  /** What it is, and the command that converts it. */
  readonly reason: string;
}

interface Format {
  readonly begin: RegExp;
  readonly end: RegExp;
  readonly what: string;
  /**
   * The command that converts `from` into `into`, both quoted for a shell; or what to do instead.
   */
  readonly remedy: (from: string, into: string, block: string) => string;
}

const convertedBy = (command: string): string => `convert it with: ${command}`;

/**
 * Formats of programs other than OpenSSH, and files that people mistake for a public key. The first
 * match counts.
 */
const formats: readonly Format[] = [
  {
    begin: /^---- BEGIN SSH2 PUBLIC KEY ----/,
    end: /^---- END SSH2 PUBLIC KEY ----/,
    what: 'it is a public key in SSH2 format (RFC 4716)',
    remedy: (from, into) => convertedBy(`ssh-keygen -i -f ${from} > ${into}`),
  },
  {
    begin: /^PuTTY-User-Key-File-\d/,
    end: /^Private-(MAC|Hash):/,
    what: "it is a private key of PuTTY (.ppk), which should not leave its owner's machine",
    remedy: (from, into) => `take its public half: puttygen ${from} -O public-openssh -o ${into}`,
  },
  {
    begin: /^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/,
    end: /^---- END SSH2 ENCRYPTED PRIVATE KEY ----/,
    what: "it is a private key of ssh.com, which should not leave its owner's machine",
    remedy: (from, into) => `take its public half: puttygen ${from} -O public-openssh -o ${into}`,
  },
  {
    begin: /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/,
    end: /^-----END ([A-Z]+ )?PRIVATE KEY-----/,
    what: "it is a private key, which should not leave its owner's machine",
    remedy: (from, into, block) =>
      ed25519Line(block) ??
      `take its public half: chmod 600 ${from}; ssh-keygen -y -f ${from} > ${into}`,
  },
  {
    begin: /^-----BEGIN PUBLIC KEY-----/,
    end: /^-----END PUBLIC KEY-----/,
    what: 'it is a public key in PEM',
    remedy: (from, into, block) =>
      ed25519Line(block) ?? convertedBy(`ssh-keygen -i -m PKCS8 -f ${from} > ${into}`),
  },
  {
    begin: /^-----BEGIN RSA PUBLIC KEY-----/,
    end: /^-----END RSA PUBLIC KEY-----/,
    what: 'it is a public key in PEM',
    remedy: (from, into) => convertedBy(`ssh-keygen -i -m PEM -f ${from} > ${into}`),
  },
  {
    begin: /^-----BEGIN (TRUSTED )?CERTIFICATE-----/,
    end: /^-----END (TRUSTED )?CERTIFICATE-----/,
    what: 'it is an X.509 certificate',
    remedy: (from, into) =>
      `take its key: openssl x509 -in ${from} -noout -pubkey | ssh-keygen -i -m PKCS8 -f /dev/stdin > ${into}`,
  },
  {
    begin: /^-----BEGIN PGP PUBLIC KEY BLOCK-----/,
    end: /^-----END PGP PUBLIC KEY BLOCK-----/,
    what: 'it is an OpenPGP key',
    remedy: (_from, into) => `where it is in a keyring: gpg --export-ssh-key KEYID > ${into}`,
  },
];

/**
 * The block that begins with line `first`, counted from 0, in the file `name`; null when none does.
 */
export function foreignBlock(
  lines: readonly string[],
  first: number,
  name: string,
): ForeignBlock | null {
  const format = formats.find(({ begin }) => begin.test(lines[first]?.trim() ?? ''));
  if (format === undefined) return null;
  const last = lines.findIndex((line, index) => index > first && format.end.test(line.trim()));
  const block = lines.slice(first, last < 0 ? undefined : last + 1);
  const isAlone = lines.every(
    (line, index) => line.trim() === '' || (index >= first && index < first + block.length),
  );
  const file = isAlone ? name : 'BLOCK';
  const remedy = format.remedy(
    quoted(file),
    quoted(`${file}.new`),
    block.map((line) => line.trim()).join('\n'),
  );
  const apart = isAlone ? '' : 'put its lines into a file of their own, BLOCK, then ';
  return { lines: block.length, reason: `${format.what}; ${apart}${remedy}` };
}

/**
 * What to do about Ed25519 in PEM, which only OpenSSH 9.6 and later can read; null for keys that
 * ssh-keygen converts.
 */
function ed25519Line(block: string): string | null {
  try {
    const key = createPublicKey(block);
    if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec') return null;
    if (key.asymmetricKeyType !== 'ed25519')
      return `keys of its type are not taken; ${makeAnother}`;
    const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
    const blob = Buffer.concat([wireString('ssh-ed25519'), wireString(raw)]);
    return `use this line in its place: ssh-ed25519 ${blob.toString('base64')}`;
  } catch {
    // It has a passphrase, is in a format of OpenSSH's own, or is damaged: ssh-keygen says which.
    return null;
  }
}

/** A path, quoted for a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
