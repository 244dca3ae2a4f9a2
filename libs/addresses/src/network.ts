import { BlockList, isIP } from 'node:net';

/** A network, as `192.0.2.0/24`, `2001:db8::/32` or one address (RFC 4632, section 3.1). */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads a network; null when it is none. The name of a link (`fe80::1%eth0`) is no part of one. */
export function parseNetwork(text: string): Network | null {
  const [, address = '', bitsText] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const bitsMax = version === 4 ? 32 : 128;
  const bits = Number(bitsText ?? bitsMax);
  if (version === 0 || bits > bitsMax) return null;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** A set of networks. */
export class Networks {
  readonly #list = new BlockList();

  constructor(networks: readonly Network[]) {
    for (const { address, bits, family } of networks) this.#list.addSubnet(address, bits, family);
  }

  /** The set of these texts. @throws TypeError for a text that is no network: read them first */
  static of(texts: readonly string[]): Networks {
    return new Networks(
      texts.map((text) => {
        const network = parseNetwork(text);
        if (network === null) throw new TypeError(`${text} is no network`);
        return network;
      }),
    );
  }

  /** Whether an address is in one of them; false for a text that is no address. */
  has(text: string): boolean {
    const address = plainAddress(text);
    const version = isIP(address);
    if (version === 0) return false;
    // Which link an address is on (`fe80::1%eth0`) does not matter to a network.
    return this.#list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/**
 * An address as people write it: a listener of both families shows the IPv4 client 192.0.2.1 as
 * ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2).
 */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
