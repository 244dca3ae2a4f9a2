/** A line of `ssh-keygen`. `blob` is the key itself, in base64 (RFC 4253 6.6). */
export interface PublicKey {
  readonly line: string;
  readonly blob: string;
}

/** Types as sshd(8) lists them under AUTHORIZED_KEYS FILE FORMAT, without the broken ssh-dss. */
const types = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

/** The gateway leaves a shorter one out (NIST SP 800-131A). */
const rsaBitsMin = 2048;

/** A public key, or the reason why the line is none. What is damaged must not look accepted: nobody could log in by it. */
export function parsePublicKey(line: string): PublicKey | string {
  const [type = '', blob = ''] = line.split(/[ \t]+/);
  if (!types.has(type)) return `a line starts with '${type.slice(0, 40)}', not with a type as ssh-ed25519`;
  const fields = readFields(Buffer.from(blob, 'base64'));
  if (fields === null || !/^[A-Za-z0-9+/]+=*$/.test(blob)) return 'the key is damaged; copy the whole line';
  if (fields[0]?.toString('latin1') !== type) return `the key is not of the type ${type} that its line names`;
  // The modulus is the third field, with a zero byte in front of a set top bit (RFC 4251 5, mpint).
  if (type === 'ssh-rsa' && (fields[2]?.length ?? 0) * 8 < rsaBitsMin)
    return `an RSA key needs at least ${rsaBitsMin} bits; make one with ssh-keygen -t ed25519`;
  return { line, blob };
}

/** The length-prefixed strings of a blob, or null when they do not fill it exactly. */
function readFields(blob: Buffer): Buffer[] | null {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    const end = at + 4 <= blob.length ? at + 4 + blob.readUInt32BE(at) : Infinity;
    if (end > blob.length) return null;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields.length < 2 ? null : fields;
}
