import { isIP } from 'node:net';
import { Networks, parseNetwork } from '@hatchery/addresses';

/** A list of addresses, as `from=` and `source-address` have it. */
export interface AddressPatterns {
  /** `address` without brackets and port; anything that is not an address matches nothing. */
  matches(address: string): boolean;
}

/**
 * Reads the pattern list of `from=` (ssh_config(5) PATTERNS, sshd(8)): CIDR, `*`, `?`, and `!`,
 * which removes from what the others match. Only addresses are matched: a host name would need a
 * look-up that its owner answers. Null when an entry is a mistake and could never match.
 */
export function parseAddressPatterns(list: string): AddressPatterns | null {
  const entries = list.split(',').map((text) => text.trim());
  const parsed = entries.map((entry) => {
    const matches = parsePattern(entry.replace(/^!/, ''));
    return matches === null ? null : { isNegated: entry.startsWith('!'), matches };
  });
  if (parsed.some((entry) => entry === null)) return null;
  const all = parsed.filter((entry) => entry !== null);
  return {
    matches: (address) => {
      const hits = isIP(address) === 0 ? [] : all.filter((entry) => entry.matches(address));
      return hits.length > 0 && hits.every((entry) => !entry.isNegated);
    },
  };
}

/**
 * Reads the list of a certificate's `source-address`, which allows only CIDR. Null when malformed.
 */
export function parseCidrList(list: string): AddressPatterns | null {
  const parsed = list.split(',').map(parseCidr);
  if (parsed.some((entry) => entry === null)) return null;
  return { matches: (address) => parsed.some((matches) => matches?.(address) === true) };
}

type Match = (address: string) => boolean;

function parsePattern(text: string): Match | null {
  if (isIP(text) !== 0 || text.includes('/')) return parseCidr(text);
  if (!/^[A-Za-z0-9.:*?_-]+$/.test(text)) return null;
  const source = text.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  const glob = new RegExp(`^${source}$`, 'i');
  return (address) => glob.test(address);
}

function parseCidr(text: string): Match | null {
  // sshd(8) takes the name of a link too, as in `fe80::1%eth0`.
  const network = parseNetwork(text.replace(/%[^/]*/, ''));
  if (network === null) return null;
  const networks = new Networks([network]);
  return (address) => networks.has(address);
}
