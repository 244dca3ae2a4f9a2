import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from './config.ts';

/**
 * MaxStartups of sshd_config(5): beyond `start` unauthenticated connections refuse `ratePercent` of
 * new ones, at `full` all.
 */
export interface Startups {
  readonly start: number;
  readonly ratePercent: number;
  readonly full: number;
}

/** Reads `host:port`, with an IPv6 host in brackets (RFC 3986 §3.2.2); null when invalid. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const [, bracketed, plain, portText] = match;
  const host = bracketed ?? plain ?? '';
  const port = Number(portText);
  if (port > 65535) return null;
  const known = bracketed === undefined ? isIPv4(host) || isHostName(host) : isIPv6(host);
  return known ? { host, port } : null;
}

/**
 * Reads permission bits; null when invalid. A number must be written in octal, or 660 would mean
 * 0o1224.
 */
export function parseMode(text: string, isNumber: boolean): number | null {
  const digits = (isNumber ? /^0o([0-7]{1,3})$/ : /^(?:0o|0)?([0-7]{3})$/).exec(text)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

/** Reads `start:rate:full`; null when invalid. */
export function parseStartups(text: string): Startups | null {
  const match = /^(\d{1,6}):(\d{1,3}):(\d{1,6})$/.exec(text);
  if (match === null) return null;
  const [start = 0, ratePercent = 0, full = 0] = match.slice(1).map(Number);
  if (start < 1 || start > full || ratePercent < 1 || ratePercent > 100) return null;
  return { start, ratePercent, full };
}

/** RFC 1123 §2.1. A name of only digits and dots is a mistyped address, such as 127.0.0.256. */
function isHostName(text: string): boolean {
  return (
    /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i.test(text) &&
    !/^[\d.]+$/.test(text) &&
    text.length <= 253
  );
}
