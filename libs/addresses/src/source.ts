import { isIPv6 } from 'node:net';
import { plainAddress } from './network.ts';

/**
 * What limits count as one source: an IPv4 address, or the /64 that one IPv6 host has to itself
 * (RFC 6177), as `2001:db8:0:1::/64`. A text that is no address is a source of its own.
 */
export function sourceOf(text: string): string {
  const address = plainAddress(text);
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1).join('').split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Whether only this machine reaches a host: `localhost` or an address of loopback. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
