import assert from 'node:assert/strict';
import test from 'node:test';
import { requestBytesMax } from './limits.ts';
import { encodeRequest } from './request-encoder.ts';
import { forkRequest } from './request.ts';
import type { ForkRequest, Request } from './request.ts';
import { decodeUtf8 } from './utf8.ts';

const encoded: readonly [request: Request, text: string][] = [
  [{ kind: 'hello' }, 'hello\n'],
  [{ kind: 'quit' }, 'quit\n'],
  [{ kind: 'child-connect-timeout', seconds: 0 }, 'child_connect_timeout 0\n'],
  [{ kind: 'child-connect-timeout', seconds: 86_400 }, 'child_connect_timeout 86400\n'],
  [{ kind: 'attach', id: 'a.b_c-1' }, 'attach a.b_c-1\n'],
  [forkRequest(['rocks']), 'fork rocks\n'],
  [forkRequest(['lp-serve', '--inet', 'it is']), "fork lp-serve --inet 'it is'\n"],
  [forkRequest(['a\r']), "fork 'a\r'\n"],
  [forkRequest(['rocks'], {}), 'fork-env rocks\nend\n'],
  [
    forkRequest(['whoami'], { BRZ_EMAIL: 'Jürgen <j@x>', BZR_EMAIL: 'The end' }),
    'fork-env whoami\nBRZ_EMAIL: Jürgen <j@x>\nBZR_EMAIL: The end\nend\n',
  ],
  [forkRequest(['a'], { 'A:': ' : b', B: '' }), 'fork-env a\nA::  : b\nB: \nend\n'],
];

for (const [request, text] of encoded) {
  test(`encodes ${JSON.stringify(text)}`, () =>
    assert.equal(decodeUtf8(encodeRequest(request)), text));
}

const fork: ForkRequest = { ...forkRequest(['a'], {}), commandLine: ' a ' };

test('keeps a command line unchanged', () => {
  assert.equal(decodeUtf8(encodeRequest(fork)), 'fork-env  a \nend\n');
});

const unencodable: readonly [what: string, code: string, request: Request][] = [
  [
    'a newline in the command line',
    'newline',
    { ...fork, commandLine: "'a\nb'", command: ['a\nb'] },
  ],
  ['a NUL in the command line', 'nul', { ...fork, commandLine: 'a\0', command: ['a\0'] }],
  ['a command line that ends in \\r', 'carriage-return-at-end', { ...fork, commandLine: 'a\r' }],
  [
    'half a surrogate pair',
    'lone-surrogate',
    { ...fork, commandLine: '\ud800', command: ['\ud800'] },
  ],
  ['no command', 'empty-command', forkRequest([])],
  ['a command that is not the command line', 'unequal-command', { ...fork, command: ['b'] }],
  ['a command longer than the command line', 'unequal-command', { ...fork, command: ['a', 'b'] }],
  ['an unbalanced command line', 'no-closing-quotation', { ...fork, commandLine: "'a" }],
  [
    'an environment for plain fork',
    'environment-without-fork-env',
    { ...fork, withEnvironment: false, environment: { A: '' } },
  ],
  ['an empty name', 'bad-variable-name', forkRequest(['a'], { '': 'x' })],
  ["a name with '='", 'bad-variable-name', forkRequest(['a'], { 'A=B': 'x' })],
  ['a name with NUL', 'bad-variable-name', forkRequest(['a'], { 'A\0': 'x' })],
  ["a name with ': '", 'bad-variable-name', forkRequest(['a'], { 'A: B': 'x' })],
  ['a name with a newline', 'newline', forkRequest(['a'], { 'end\nA': 'x' })],
  ['a value with a newline', 'newline', forkRequest(['a'], { A: 'x\nend' })],
  ['a value with a NUL', 'nul', forkRequest(['a'], { A: '\0' })],
  ['a value that ends in \\r', 'carriage-return-at-end', forkRequest(['a'], { A: 'x\r' })],
  ['half a surrogate pair in a value', 'lone-surrogate', forkRequest(['a'], { A: '\udc00' })],
  ['a negative timeout', 'bad-number', { kind: 'child-connect-timeout', seconds: -1 }],
  ['a broken timeout', 'bad-number', { kind: 'child-connect-timeout', seconds: 1.5 }],
  ['a timeout beyond a day', 'bad-number', { kind: 'child-connect-timeout', seconds: 86_401 }],
  ['a timeout that is no number', 'bad-number', { kind: 'child-connect-timeout', seconds: NaN }],
  ['an empty id', 'bad-id', { kind: 'attach', id: '' }],
  ['an id of two lines', 'bad-id', { kind: 'attach', id: 'a\n' }],
  [
    'a request beyond the limit',
    'too-long',
    forkRequest(['x'.repeat(requestBytesMax - 'fork \n'.length + 1)]),
  ],
];

for (const [what, code, request] of unencodable) {
  test(`refuses ${what}`, () =>
    assert.throws(() => encodeRequest(request), { code, fault: 'client' }));
}

test('encodes a request of exactly the limit', () => {
  const request = forkRequest(['x'.repeat(requestBytesMax - 'fork \n'.length)]);
  assert.equal(encodeRequest(request).length, requestBytesMax);
});
