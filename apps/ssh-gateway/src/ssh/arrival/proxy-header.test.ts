import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader, type ProxyReading } from './proxy-header.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** A header of version 2. */
function binary(versionAndCommand: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from([versionAndCommand, family, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([signature, head, body]);
}

const ipv4Body = Buffer.from('c0000201c6336402c3660016', 'hex');
const ipv6Body = Buffer.from(`20010db8${'0'.repeat(23)}1${'0'.repeat(31)}1c3660016`, 'hex');
const tlv = Buffer.from('0400030a0b0c', 'hex');

const good: readonly (readonly [string, Buffer, { address: string; port: number } | null])[] = [
  [
    'TCP4',
    Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 50022 22\r\n'),
    { address: '192.0.2.1', port: 50022 },
  ],
  [
    'TCP6',
    Buffer.from('PROXY TCP6 2001:db8::1 ::1 50022 22\r\n'),
    { address: '2001:db8::1', port: 50022 },
  ],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ff:: ff:: 1 2\r\n'), null],
  ['version 2, IPv4', binary(0x21, 0x11, ipv4Body), { address: '192.0.2.1', port: 50022 }],
  ['version 2, IPv6', binary(0x21, 0x21, ipv6Body), { address: '2001:db8::1', port: 50022 }],
  [
    'version 2 with TLVs',
    binary(0x21, 0x11, Buffer.concat([ipv4Body, tlv])),
    { address: '192.0.2.1', port: 50022 },
  ],
  ['version 2, LOCAL', binary(0x20, 0x00, Buffer.alloc(0)), null],
  ['version 2, LOCAL with addresses', binary(0x20, 0x11, ipv4Body), null],
  ['version 2, AF_UNSPEC', binary(0x21, 0x00, tlv), null],
  [
    'version 2, IPv4 mapped into IPv6',
    binary(
      0x21,
      0x21,
      Buffer.from(`${'0'.repeat(20)}ffffc0000201${'0'.repeat(32)}c3660016`, 'hex'),
    ),
    { address: '192.0.2.1', port: 50022 },
  ],
];

for (const [name, bytes, peer] of good) {
  test(`read: ${name}, whatever follows it and wherever the stream is cut`, () => {
    assert.deepEqual(readProxyHeader(Buffer.concat([bytes, Buffer.from('SSH-2.0-x\r\n')])), {
      kind: 'header',
      bytes: bytes.length,
      peer,
    } satisfies ProxyReading);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(
        readProxyHeader(bytes.subarray(0, length)).kind,
        'incomplete',
        `${length} bytes`,
      );
  });
}

for (const [name, bytes] of [
  ['an SSH client', Buffer.from('SSH-2.0-OpenSSH\r\n')],
  ['another version', binary(0x31, 0x11, ipv4Body)],
  ['another command', binary(0x22, 0x11, ipv4Body)],
  ['UDP', binary(0x21, 0x12, ipv4Body)],
  ['too short a body', binary(0x21, 0x11, ipv4Body.subarray(0, 11))],
  ['too short an IPv6 body', binary(0x21, 0x21, ipv6Body.subarray(0, 35))],
  ['an endless body', Buffer.concat([signature, Buffer.from([0x21, 0x11, 0xff, 0xff])])],
  ['an endless line', Buffer.from(`PROXY TCP4 ${'1'.repeat(100)}`)],
  ['a name for an address', Buffer.from('PROXY TCP4 localhost 127.0.0.1 1 2\r\n')],
  ['the wrong family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['a port too high', Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 65536 2\r\n')],
  ['a port with a zero ahead', Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 01 2\r\n')],
  ['words too many', Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 1 2 3\r\n')],
  ['two spaces', Buffer.from('PROXY TCP4  127.0.0.1 127.0.0.1 1 2\r\n')],
] as const) {
  test(`refused: ${name}`, () => assert.equal(readProxyHeader(bytes).kind, 'invalid'));
}

test('all addresses survive a round trip, in both versions', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(fc.ipV4(), port, (address, from) => {
      const line = readProxyHeader(Buffer.from(`PROXY TCP4 ${address} 127.0.0.1 ${from} 22\r\n`));
      assert.deepEqual(line.kind === 'header' && line.peer, { address, port: from });
      const body = Buffer.alloc(12);
      body.set(address.split('.').map(Number));
      body.writeUInt16BE(from, 8);
      const packed = readProxyHeader(binary(0x21, 0x11, body));
      assert.deepEqual(packed.kind === 'header' && packed.peer, { address, port: from });
    }),
  );
});

test('any input gives an answer, and never consumes more than it holds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.uint8Array().map((rest) => Buffer.concat([signature, rest])),
        fc.string().map((rest) => Buffer.from(`PROXY ${rest}\r\n`)),
      ),
      (bytes) => {
        const reading = readProxyHeader(Buffer.from(bytes));
        if (reading.kind === 'header') assert.ok(reading.bytes <= bytes.length);
      },
    ),
  );
});
