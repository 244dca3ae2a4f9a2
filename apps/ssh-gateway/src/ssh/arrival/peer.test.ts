import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks, plainAddress, sourceOf } from '@hatchery/addresses';
import { describePeer } from './peer.ts';

test('a source is an IPv4 address, or the network that belongs to one IPv6 host', () => {
  for (const [address, source] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const)
    assert.equal(sourceOf(address), source);
});

test('an IPv4 client of a dual-stack port is shown and counted as one', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
  assert.equal(describePeer({ address: '192.0.2.1', port: 1 }), '192.0.2.1:1');
  assert.equal(describePeer({ address: '2001:db8::1', port: 1 }), '[2001:db8::1]:1');
});

test('networks hold what is in them and nothing else', () => {
  const networks = Networks.of(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '::1/128']);
  for (const address of ['192.0.2.255', '198.51.100.7', '2001:db8:ffff::1', '::1'])
    assert.ok(networks.has(address));
  for (const address of ['192.0.3.0', '198.51.100.8', '2001:db9::1', '::2', ''])
    assert.ok(!networks.has(address));
  assert.ok(!Networks.of([]).has('127.0.0.1'));
});
