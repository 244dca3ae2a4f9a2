import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalBytes } from './refusal-packet.ts';
import { WireReader } from './wire-format.ts';

test('a refusal is an identification and one well-formed disconnect in the clear, for texts of every length', () => {
  for (let length = 0; length < 40; length += 1) {
    const text = 'é'.repeat(length);
    const bytes = refusalBytes(text);
    const end = bytes.indexOf('\r\n') + 2;
    assert.equal(bytes.subarray(0, end).toString(), 'SSH-2.0-hatchery\r\n');
    const packet = bytes.subarray(end);
    assert.equal(packet.readUInt32BE(), packet.length - 4);
    // RFC 4253 6: at least four bytes of padding, and a multiple of eight in all.
    assert.ok((packet[4] ?? 0) >= 4);
    assert.equal(packet.length % 8, 0);
    const payload = new WireReader(packet.subarray(5, packet.length - (packet[4] ?? 0)));
    assert.deepEqual([payload.byte(), payload.uint32()], [1, 7]);
    assert.equal(payload.bytes().toString(), `hatchery: ${text}`);
    assert.equal(payload.bytes().length, 0);
    assert.equal(payload.isAtEnd, true);
  }
});
