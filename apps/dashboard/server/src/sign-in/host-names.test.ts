import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { isLoopback, isOurHost, isOurOrigin, pageUrl } from './host-names.ts';

const loopback = { host: '127.0.0.1', port: 5080 };
const everywhere = { host: '0.0.0.0', port: 5080 };
const named = { host: 'code.example.org', port: 80 };

for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
  test(`${host} is loopback`, () => assert.equal(isLoopback({ host, port: 1 }), true));
}

for (const host of [
  '0.0.0.0',
  '::',
  '192.0.2.1',
  '128.0.0.1',
  '127.example.org',
  'localhost.example.org',
]) {
  test(`${host} is not loopback`, () => assert.equal(isLoopback({ host, port: 1 }), false));
}

for (const [listen, header] of [
  [loopback, '127.0.0.1:5080'],
  [loopback, 'LOCALHOST:8080'],
  [loopback, '[::1]:5080'],
  [named, 'code.example.org'],
  [everywhere, '192.0.2.7:5080'],
  [everywhere, '[2001:db8::1]:5080'],
  [everywhere, `${hostname()}:5080`],
] as const) {
  test(`${listen.host} answers to ${header}`, () => assert.equal(isOurHost(header, listen), true));
}

for (const [listen, header] of [
  [loopback, undefined],
  [loopback, ''],
  [loopback, 'evil.example'],
  [loopback, '192.0.2.7:5080'],
  [loopback, 'localhost.evil.example:5080'],
  [loopback, '127.0.0.1.evil.example'],
  [named, 'www.code.example.org'],
  [everywhere, 'evil.example:5080'],
] as const) {
  test(`${listen.host} does not answer to ${header ?? 'no name'}`, () =>
    assert.equal(isOurHost(header, listen), false));
}

test('the origin is exactly the page this host serves', () => {
  assert.equal(isOurOrigin('http://localhost:5080', 'localhost:5080'), true);
});

for (const origin of [
  undefined,
  'null',
  'https://localhost:5080',
  'http://localhost:3000',
  'http://127.0.0.1:5080',
  'http://localhost:5080/',
]) {
  test(`the origin ${origin ?? 'nothing'} is foreign`, () =>
    assert.equal(isOurOrigin(origin, 'localhost:5080'), false));
}

test('the address of the page can be opened', () => {
  assert.equal(pageUrl(loopback), 'http://127.0.0.1:5080/');
  assert.equal(pageUrl({ host: '::1', port: 1 }), 'http://[::1]:1/');
  assert.equal(pageUrl(everywhere), `http://${hostname().toLowerCase()}:5080/`);
});
