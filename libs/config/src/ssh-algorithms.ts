/** The four lists that an operator may set. */
export type AlgorithmKind = 'kex' | 'ciphers' | 'macs' | 'hostKeys';

/** One algorithm that the gateway can offer. */
export interface Algorithm {
  readonly name: string;
  /** Offered unless the operator says otherwise. */
  readonly isDefault: boolean;
  /** The complaint of ssh-audit 2.5, with its word for the severity; null for none. */
  readonly remark: string | null;
}

const weakCurves = 'fail: using weak elliptic curves';
const weakCurveKeys = `${weakCurves}; warn: using weak random number generator could reveal the key`;
const notEtm = 'warn: using encrypt-and-MAC mode';

const offered = (name: string, remark: string | null = null): Algorithm => ({
  name,
  isDefault: true,
  remark,
});
const onDemand = (name: string, remark: string | null = null): Algorithm => ({
  name,
  isDefault: false,
  remark,
});

/**
 * Everything that the gateway can offer, best first (docs/decisions/0006). Off by default are
 * algorithms that auditors object to and expensive ones: finite-field Diffie-Hellman blocks a
 * process for 2 to 19 ms for any client that connects. Unsafe ones are not available at all: SHA-1,
 * CBC, RC4, DSA.
 */
export const sshAlgorithms: Readonly<Record<AlgorithmKind, readonly Algorithm[]>> = {
  kex: [
    offered('mlkem768x25519-sha256', 'warn: unknown algorithm (it is younger than ssh-audit 2.5)'),
    offered('curve25519-sha256'),
    offered('curve25519-sha256@libssh.org'),
    onDemand('ecdh-sha2-nistp256', weakCurves),
    onDemand('ecdh-sha2-nistp384', weakCurves),
    onDemand('ecdh-sha2-nistp521', weakCurves),
    onDemand('diffie-hellman-group16-sha512'),
    onDemand('diffie-hellman-group18-sha512'),
    onDemand('diffie-hellman-group14-sha256'),
  ],
  ciphers: [
    offered('aes128-gcm@openssh.com'),
    offered('aes256-gcm@openssh.com'),
    offered('aes128-ctr'),
    offered('aes192-ctr'),
    offered('aes256-ctr'),
    onDemand('chacha20-poly1305@openssh.com'),
  ],
  macs: [
    offered('hmac-sha2-256-etm@openssh.com'),
    offered('hmac-sha2-512-etm@openssh.com'),
    // With AES-CTR the order of the two loses nothing; dropbear, and libraries of some vendors,
    // have no other.
    offered('hmac-sha2-256', notEtm),
    offered('hmac-sha2-512', notEtm),
  ],
  hostKeys: [
    offered('ssh-ed25519-cert-v01@openssh.com'),
    offered('ecdsa-sha2-nistp256-cert-v01@openssh.com', weakCurveKeys),
    offered('ecdsa-sha2-nistp384-cert-v01@openssh.com', weakCurveKeys),
    offered('ecdsa-sha2-nistp521-cert-v01@openssh.com', weakCurveKeys),
    offered('rsa-sha2-512-cert-v01@openssh.com'),
    offered('rsa-sha2-256-cert-v01@openssh.com'),
    offered('ssh-ed25519'),
    offered('ecdsa-sha2-nistp256', weakCurveKeys),
    offered('ecdsa-sha2-nistp384', weakCurveKeys),
    offered('ecdsa-sha2-nistp521', weakCurveKeys),
    offered('rsa-sha2-512'),
    offered('rsa-sha2-256'),
  ],
};

/** The names of a list, best first. */
export function algorithmNames(kind: AlgorithmKind, which: 'all' | 'default'): string[] {
  return sshAlgorithms[kind]
    .filter(({ isDefault }) => which === 'all' || isDefault)
    .map(({ name }) => name);
}

/**
 * Reads a list in the syntax of ssh_config(5), such as `aes256-gcm@openssh.com,aes256-ctr`: `+` in
 * front appends it to the defaults, `^` puts it before them, `-` removes it from them; `*` and `?`
 * stand for any characters. Returns the names, or the reason why the list is invalid.
 */
export function parseAlgorithms(
  kind: AlgorithmKind,
  text: string,
): readonly string[] | { readonly reason: string } {
  const [, sign = '', list = ''] = /^([+^-]?)(.*)$/s.exec(text) ?? [];
  const all = algorithmNames(kind, 'all');
  const named: string[] = [];
  for (const pattern of list.split(',').map((one) => one.trim())) {
    const matches = all.filter((name) => globOf(pattern).test(name));
    if (matches.length === 0)
      return { reason: `${JSON.stringify(pattern)} is none of ${all.join(', ')}` };
    named.push(...matches);
  }
  const defaults = algorithmNames(kind, 'default');
  const bySign: Readonly<Record<string, () => readonly string[]>> = {
    '+': () => [...defaults, ...named],
    '^': () => [...named, ...defaults],
    '-': () => defaults.filter((name) => !named.includes(name)),
  };
  const names = bySign[sign]?.() ?? named;
  return names.length === 0 ? { reason: 'it leaves nothing to offer' } : [...new Set(names)];
}

function globOf(pattern: string): RegExp {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
