import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseNetwork } from '@hatchery/addresses';
import { parseAddress, parseMode, parseStartups } from './notations.ts';

describe('parseAddress', () => {
  it('accepts names, IPv4 and bracketed IPv6', () => {
    assert.deepEqual(parseAddress('localhost:0'), { host: 'localhost', port: 0 });
    assert.deepEqual(parseAddress('0.0.0.0:65535'), { host: '0.0.0.0', port: 65535 });
    assert.deepEqual(parseAddress('[fe80::1]:22'), { host: 'fe80::1', port: 22 });
  });

  for (const text of [
    '',
    ':22',
    '22',
    'host',
    'host:',
    'host:65536',
    'host:-1',
    '::1:22',
    '[::1]',
    '[host]:22',
    '127.0.0.256:1',
    'a b:1',
    '-a:1',
  ]) {
    it(`refuses '${text}'`, () => assert.equal(parseAddress(text), null));
  }
});

describe('parseMode', () => {
  it('accepts octal digits, and a number only in octal', () => {
    assert.deepEqual(
      ['0660', '660', '0o660'].map((text) => parseMode(text, false)),
      [0o660, 0o660, 0o660],
    );
    assert.equal(parseMode('0o600', true), 0o600);
  });

  it('refuses decimal, overlong and empty modes', () => {
    assert.deepEqual(
      [
        parseMode('432', true),
        parseMode('0o1777', true),
        parseMode('0888', false),
        parseMode('', false),
      ],
      [null, null, null, null],
    );
  });
});

describe('parseStartups', () => {
  it('accepts start:rate:full', () => {
    assert.deepEqual(parseStartups('10:30:100'), { start: 10, ratePercent: 30, full: 100 });
  });

  for (const text of [
    '',
    '10',
    '10:30',
    '0:30:100',
    '10:0:100',
    '10:101:100',
    '101:30:100',
    '1:1:1:1',
  ]) {
    it(`refuses '${text}'`, () => assert.equal(parseStartups(text), null));
  }
});

describe('a network', () => {
  for (const text of [
    '192.0.2.0/24',
    '0.0.0.0/0',
    '192.0.2.1',
    '2001:db8::/32',
    '::/0',
    '::1',
    '::1/128',
  ]) {
    it(`accepts '${text}'`, () => assert.equal(parseNetwork(text) !== null, true));
  }
  for (const text of [
    '',
    '/8',
    '10',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '::1/129',
    'fe80::1%eth0/64',
    'host/8',
  ]) {
    it(`refuses '${text}'`, () => assert.equal(parseNetwork(text) !== null, false));
  }
});
