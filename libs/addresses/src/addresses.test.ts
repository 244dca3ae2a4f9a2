import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, Networks, parseNetwork, plainAddress, sourceOf } from './index.ts';

test('a network is an address with as many bits as its family has, or fewer', () => {
  for (const text of [
    '192.0.2.1',
    '192.0.2.0/24',
    '0.0.0.0/0',
    '2001:db8::/32',
    '::1',
    '::/0',
    '::/128',
  ])
    assert.notEqual(parseNetwork(text), null, text);
  for (const text of [
    '',
    '/24',
    '192.0.2.0/',
    '192.0.2.0/33',
    '192.0.2/24',
    '192.0.2.0/-1',
    '192.0.2.0/024x',
    '::/129',
    'example.org',
    '[::1]',
    'fe80::1%eth0',
    'fe80::1%eth0/64',
    ' 192.0.2.1',
  ])
    assert.equal(parseNetwork(text), null, text);
});

test('a set has what is in one of its networks, of either family, however the kernel writes it', () => {
  const networks = Networks.of(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32']);
  for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '::FFFF:198.51.100.7', '2001:db8:1::2'])
    assert.equal(networks.has(address), true, address);
  for (const address of ['192.0.3.9', '198.51.100.8', '2001:db9::1', '::1', '', 'example.org'])
    assert.equal(networks.has(address), false, address);
  assert.equal(Networks.of(['fe80::/10']).has('fe80::1%eth0'), true);
  assert.equal(Networks.of([]).has('192.0.2.1'), false);
  assert.throws(() => Networks.of(['192.0.2.0/33']), TypeError);
});

test('an IPv4 client on a listener of both families is one client, not two', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(sourceOf('::ffff:192.0.2.1'), sourceOf('192.0.2.1'));
  assert.equal(sourceOf('2001:0db8::1'), sourceOf('2001:db8:0:0:ffff::'));
  assert.notEqual(sourceOf('2001:db8:0:1::1'), sourceOf('2001:db8::1'));
});

test('loopback is what no other machine can reach', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1'])
    assert.equal(isLoopback(host), true);
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '127.0.0.1.example.org',
    '128.0.0.1',
    'localhost.example',
  ])
    assert.equal(isLoopback(host), false, host);
});
