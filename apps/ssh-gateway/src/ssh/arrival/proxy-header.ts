import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '@hatchery/addresses';
import type { Peer } from './peer.ts';

/**
 * The result of reading the first bytes of a connection. `peer` is null when the balancer speaks
 * for itself, as in a health check.
 */
export type ProxyReading =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'header'; readonly bytes: number; readonly peer: Peer | null }
  | { readonly kind: 'invalid'; readonly why: string };

/** The length of a version 1 line with its CRLF, from the specification. */
const lineBytesMax = 107;

/**
 * Addresses have at most 216 bytes; the rest is room for TLVs, of which a TLS client certificate's
 * name is the longest.
 */
const bodyBytesMax = 4096;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const headBytes = signature.length + 4;
const incomplete: ProxyReading = { kind: 'incomplete' };

/**
 * Reads a PROXY protocol header, version 1 or 2, from the bytes so far. Refuses at the first byte
 * that shows that this cannot become a header. Source:
 * https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
 */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  if (bytes.length === 0) return incomplete;
  if (bytes[0] === signature[0]) return readBinary(bytes);
  return readLine(bytes);
}

function readLine(bytes: Buffer): ProxyReading {
  const prefix = 'PROXY ';
  const start = bytes.subarray(0, prefix.length).toString('latin1');
  if (!prefix.startsWith(start)) return invalid('no PROXY header');
  const end = bytes.subarray(0, lineBytesMax).indexOf('\r\n');
  if (end === -1) return bytes.length < lineBytesMax ? incomplete : invalid('the line is too long');
  return readWords(bytes.subarray(0, end).toString('latin1').split(' '), end + 2);
}

function readWords([, protocol, ...words]: string[], bytes: number): ProxyReading {
  if (protocol === 'UNKNOWN') return { kind: 'header', bytes, peer: null };
  const fits = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isIPv6 : null;
  if (fits === null) return invalid('neither TCP4, TCP6 nor UNKNOWN');
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = words;
  if (words.length !== 4 || !fits(source) || !fits(destination))
    return invalid('the addresses are none');
  if (!isPort(sourcePort) || !isPort(destinationPort)) return invalid('the ports are none');
  return {
    kind: 'header',
    bytes,
    peer: { address: plainAddress(source), port: Number(sourcePort) },
  };
}

function readBinary(bytes: Buffer): ProxyReading {
  const start = bytes.subarray(0, signature.length);
  if (!start.equals(signature.subarray(0, start.length))) return invalid('a broken signature');
  if (bytes.length < headBytes) return incomplete;
  const [versionAndCommand = 0, family = 0] = bytes.subarray(signature.length);
  const bodyBytes = bytes.readUInt16BE(signature.length + 2);
  if (versionAndCommand >> 4 !== 2) return invalid('neither version 1 nor 2');
  if (bodyBytes > bodyBytesMax) return invalid('the header is too long');
  if (bytes.length < headBytes + bodyBytes) return incomplete;
  const body = bytes.subarray(headBytes, headBytes + bodyBytes);
  return readBody(versionAndCommand & 0xf, family, body);
}

/** The addresses are followed by TLVs, which are not needed here. */
function readBody(command: number, family: number, body: Buffer): ProxyReading {
  const bytes = headBytes + body.length;
  if (command === 0) return { kind: 'header', bytes, peer: null };
  if (command !== 1) return invalid('neither LOCAL nor PROXY');
  if (family === 0x11) {
    if (body.length < 12) return invalid('too short for IPv4 addresses');
    return {
      kind: 'header',
      bytes,
      peer: { address: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) },
    };
  }
  if (family === 0x21) {
    if (body.length < 36) return invalid('too short for IPv6 addresses');
    const address = plainAddress(ipv6Text(body.subarray(0, 16)));
    return { kind: 'header', bytes, peer: { address, port: body.readUInt16BE(32) } };
  }
  // AF_UNSPEC: "the receiver should ignore address information", as after LOCAL.
  return family === 0
    ? { kind: 'header', bytes, peer: null }
    : invalid('neither TCP over IPv4 nor over IPv6');
}

/**
 * The longest run of zeros as `::` (RFC 5952), which the WHATWG URL parser does for us; an
 * IPv4-mapped address keeps its dots.
 */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    bytes.readUInt16BE(2 * index).toString(16),
  );
  if (/^0:0:0:0:0:ffff:/.test(groups.join(':'))) return `::ffff:${bytes.subarray(12).join('.')}`;
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function invalid(why: string): ProxyReading {
  return { kind: 'invalid', why };
}
