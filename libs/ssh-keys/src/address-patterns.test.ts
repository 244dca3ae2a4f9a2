import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressPatterns, parseCidrList } from './address-patterns.ts';

for (const [list, address, matches] of [
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.10', false],
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['fe80::1%eth0', 'fe80::1', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['192.0.2.*', '192.0.2.77', true],
  ['192.0.2.?', '192.0.2.77', false],
  ['*', '2001:db8::1', true],
  ['*,!192.0.2.0/24', '192.0.2.1', false],
  ['!192.0.2.0/24,*', '198.51.100.1', true],
  ['!192.0.2.1', '198.51.100.1', false],
  ['*.example.com', '192.0.2.1', false],
  ['*', 'unknown', false],
] as const) {
  test(`from="${list}" ${matches ? 'lets' : 'does not let'} ${address} in`, () => {
    assert.equal(parseAddressPatterns(list)?.matches(address), matches);
  });
}

test('a list with an entry that could never match is rejected', () => {
  for (const list of [
    '',
    '192.0.2.0/33',
    '192.0.2.0/x',
    'fe80::/129',
    '300.0.0.0/8',
    'a,,b',
    '!',
    'a b',
  ])
    assert.equal(parseAddressPatterns(list), null, list);
});

test('a certificate’s list accepts only addresses and networks', () => {
  assert.equal(parseCidrList('192.0.2.1,2001:db8::/32')?.matches('2001:db8::7'), true);
  assert.equal(parseCidrList('192.0.2.1,2001:db8::/32')?.matches('192.0.2.2'), false);
  for (const list of ['*', '!192.0.2.1', '192.0.2.*', 'host', '', '192.0.2.0/24,'])
    assert.equal(parseCidrList(list), null, list);
});
