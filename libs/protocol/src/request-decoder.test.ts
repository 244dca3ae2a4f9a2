// Long: tables of requests, as bytes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chunkings, latin1 } from '../test-support/chunkings.ts';
import { decodedRequest } from '../test-support/decoded-request.ts';
import { requestBytesMax } from './limits.ts';
import { encodeRefusal } from './refusal.ts';
import { RequestDecoder } from './request-decoder.ts';
import type { RequestDecoderOptions } from './request-decoder.ts';
import type { ForkRequest, Request } from './request.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

function fork(
  commandLine: string,
  command: string[],
  environment?: Record<string, string>,
): ForkRequest {
  const withEnvironment = environment !== undefined;
  return { kind: 'fork', commandLine, command, environment: environment ?? {}, withEnvironment };
}

/** Every row also holds with `\r\n` for `\n`, and in chunks of any size. */
const understood: readonly [text: string, request: Request][] = [
  ['hello\n', { kind: 'hello' }],
  ['quit\n', { kind: 'quit' }],
  ['fork rocks\n', fork('rocks', ['rocks'])],
  ['fork lp-serve --inet 3\n', fork('lp-serve --inet 3', ['lp-serve', '--inet', '3'])],
  ['fork  a\t"b c" d\\ e \n', fork(' a\t"b c" d\\ e ', ['a', 'b c', 'd e'])],
  ['fork end\n', fork('end', ['end'])],
  ['fork command å\n', fork('command å', ['command', 'å'])],
  ['fork \ufeffx\n', fork('\ufeffx', ['\ufeffx'])],
  ["fork ''\n", fork("''", [''])],
  ['fork-env rocks\nend\n', fork('rocks', ['rocks'], {})],
  [
    'fork-env rocks\nBZR_EMAIL: joe@example.com\nend\n',
    fork('rocks', ['rocks'], { BZR_EMAIL: 'joe@example.com' }),
  ],
  [
    'fork-env whoami\nBRZ_EMAIL: Jürgen <j@x>\nHATCHERY_USER: j\nHATCHERY_PEER: [::1]: 2\nHATCHERY_SESSION: \nend\n',
    fork('whoami', ['whoami'], {
      BRZ_EMAIL: 'Jürgen <j@x>',
      HATCHERY_USER: 'j',
      HATCHERY_PEER: '[::1]: 2',
      HATCHERY_SESSION: '',
    }),
  ],
  // The old service took the first of these lines for the end
  // (docs/reference/properties.md#launchpads-old-service).
  [
    'fork-env a\nBRZ_EMAIL: The end\nBZR_EMAIL: end\nend\n',
    fork('a', ['a'], { BRZ_EMAIL: 'The end', BZR_EMAIL: 'end' }),
  ],
  ['fork-env end\nend\n', fork('end', ['end'], {})],
  ['fork-env a\nBRZ_EMAIL: old\nBRZ_EMAIL: new\nend\n', fork('a', ['a'], { BRZ_EMAIL: 'new' })],
  ['fork-env a\nBRZ_EMAIL:  b \nend\n', fork('a', ['a'], { BRZ_EMAIL: ' b ' })],
  ['child_connect_timeout 1\n', { kind: 'child-connect-timeout', seconds: 1 }],
  ['child_connect_timeout 0\n', { kind: 'child-connect-timeout', seconds: 0 }],
  ['child_connect_timeout  +007 \n', { kind: 'child-connect-timeout', seconds: 7 }],
  ['child_connect_timeout 86400\n', { kind: 'child-connect-timeout', seconds: 86_400 }],
  ['attach 7\n', { kind: 'attach', id: '7' }],
  [`attach A.z_0-${'x'.repeat(121)}\n`, { kind: 'attach', id: `A.z_0-${'x'.repeat(121)}` }],
  ['hello\nquit\n', { kind: 'hello' }],
  ['fork rocks\nextra\xff\n\0', fork('rocks', ['rocks'])],
  ['fork-env a\nend\nBRZ_EMAIL: late\nend\n', fork('a', ['a'], {})],
];

for (const [text, request] of understood) {
  for (const variant of [text, text.replaceAll('\n', '\r\n')]) {
    test(`understands ${JSON.stringify(variant)}`, () => {
      for (const chunks of chunkings(encodeUtf8(variant))) {
        assert.deepEqual(
          decodedRequest(chunks),
          { kind: 'request', request },
          `cut into ${JSON.stringify(chunks)}`,
        );
      }
    });
  }
}

const parsing = 'FAILURE\ncommand or env parsing failed: ';
const allowed =
  'only BRZ_EMAIL, BZR_EMAIL, HATCHERY_USER, HATCHERY_TEAMS, HATCHERY_PEER, HATCHERY_SESSION';
const seconds =
  'FAILURE: child_connect_timeout wants a whole number of seconds from 0 to 86400, not ';
const attach = `${parsing}attach wants the id of a child, 1 to 128 letters, digits, '.', '_' and '-', not `;

/** Texts are Latin-1 here, so that `\xff` is a byte that UTF-8 never has. */
const refused: readonly [text: string, answer: string][] = [
  ['bogus\n', "FAILURE\nunknown request: 'bogus\\n'\n"],
  ['\n', "FAILURE\nunknown request: '\\n'\n"],
  ['hello \n', "FAILURE\nunknown request: 'hello \\n'\n"],
  ['hello extra\n', "FAILURE\nunknown request: 'hello extra\\n'\n"],
  [' hello\n', "FAILURE\nunknown request: ' hello\\n'\n"],
  ['\xef\xbb\xbfhello\n', "FAILURE\nunknown request: '\\xef\\xbb\\xbfhello\\n'\n"],
  ['HELLO\n', "FAILURE\nunknown request: 'HELLO\\n'\n"],
  ['quit now\n', "FAILURE\nunknown request: 'quit now\\n'\n"],
  ['fork\n', "FAILURE\nunknown request: 'fork\\n'\n"],
  ['fork-env\nend\n', "FAILURE\nunknown request: 'fork-env\\n'\n"],
  ['forkrocks\n', "FAILURE\nunknown request: 'forkrocks\\n'\n"],
  ['attach\n', "FAILURE\nunknown request: 'attach\\n'\n"],
  ['child_connect_timeouts 1\n', "FAILURE\nunknown request: 'child_connect_timeouts 1\\n'\n"],
  [`it's "\\\t\x1b[0m\xff\n`, `FAILURE\nunknown request: 'it\\'s "\\\\\\t\\x1b[0m\\xff\\n'\n`],
  [`${'x'.repeat(500)}\n`, `FAILURE\nunknown request: '${'x'.repeat(200)}'...\n`],
  ['fork \n', `${parsing}the command is empty\n`],
  ['fork \t \n', `${parsing}the command is empty\n`],
  ['fork-env \nend\n', `${parsing}the command is empty\n`],
  ["fork it's\n", `${parsing}No closing quotation\n`],
  ['fork "a\n', `${parsing}No closing quotation\n`],
  ['fork a\\\n', `${parsing}No escaped character\n`],
  ["fork-env 'a\nBRZ_EMAIL: '\nend\n", `${parsing}No closing quotation\n`],
  ['fork a\0b\n', `${parsing}the command holds a NUL\n`],
  ['fork a\xff\n', `${parsing}the request is not valid UTF-8\n`],
  ['fork-env a\nBRZ_EMAIL: \xe5\nend\n', `${parsing}the request is not valid UTF-8\n`],
  [
    'fork-env a\nBRZ_EMAIL joe\nend\n',
    `${parsing}an environment line has no ': ' in it: 'BRZ_EMAIL joe'\n`,
  ],
  [
    'fork-env a\nBRZ_EMAIL:joe\nend\n',
    `${parsing}an environment line has no ': ' in it: 'BRZ_EMAIL:joe'\n`,
  ],
  ['fork-env a\n\nend\n', `${parsing}an environment line has no ': ' in it: ''\n`],
  ['fork-env a\nend \nend\n', `${parsing}an environment line has no ': ' in it: 'end '\n`],
  ['fork-env a\nEnd\nend\n', `${parsing}an environment line has no ': ' in it: 'End'\n`],
  ['fork-env a\n: joe\nend\n', `${parsing}an environment variable has an empty name\n`],
  [
    'fork-env a\nA=B: c\nend\n',
    `${parsing}the name of an environment variable holds a '=': 'A=B'\n`,
  ],
  [
    'fork-env a\nA\0: c\nend\n',
    `${parsing}the name of an environment variable holds a NUL: 'A\\x00'\n`,
  ],
  [
    'fork-env a\nBRZ_EMAIL: a\0\nend\n',
    `${parsing}the value of the environment variable 'BRZ_EMAIL' holds a NUL\n`,
  ],
  [
    'fork-env a\nLD_PRELOAD: x\nend\n',
    `${parsing}the environment variable 'LD_PRELOAD' is not allowed, ${allowed}\n`,
  ],
  [
    'fork-env a\nbrz_email: x\nend\n',
    `${parsing}the environment variable 'brz_email' is not allowed, ${allowed}\n`,
  ],
  [
    'fork-env a\n__proto__: x\nend\n',
    `${parsing}the environment variable '__proto__' is not allowed, ${allowed}\n`,
  ],
  ['child_connect_timeout\n', `${seconds}''\n`],
  ['child_connect_timeout \n', `${seconds}''\n`],
  ['child_connect_timeout b\n', `${seconds}'b'\n`],
  ['child_connect_timeout 1.2\n', `${seconds}'1.2'\n`],
  ['child_connect_timeout -1\n', `${seconds}'-1'\n`],
  ['child_connect_timeout 1 2\n', `${seconds}'1 2'\n`],
  ['child_connect_timeout 0x1\n', `${seconds}'0x1'\n`],
  ['child_connect_timeout 1e3\n', `${seconds}'1e3'\n`],
  ['child_connect_timeout 86401\n', `${seconds}'86401'\n`],
  [`child_connect_timeout ${'9'.repeat(400)}\n`, `${seconds}'${'9'.repeat(200)}'...\n`],
  ['attach \n', `${attach}''\n`],
  ['attach a b\n', `${attach}'a b'\n`],
  ['attach ../x\n', `${attach}'../x'\n`],
  [`attach ${'x'.repeat(129)}\n`, `${attach}'${'x'.repeat(129)}'\n`],
];

for (const [text, answer] of refused) {
  for (const variant of [text, text.replaceAll('\n', '\r\n')]) {
    test(`refuses ${JSON.stringify(variant)}`, () => {
      for (const chunks of chunkings(latin1(variant))) assert.equal(refusalOf(chunks), answer);
    });
  }
}

function refusalOf(chunks: readonly Uint8Array[], options?: RequestDecoderOptions): string | null {
  const progress = decodedRequest(chunks, options);
  assert.equal(progress.kind, 'refused');
  return progress.kind === 'refused' ? decodeUtf8(encodeRefusal(progress.reason)) : null;
}

test('waits until the last line is terminated', () => {
  const texts = [
    '',
    'hello',
    'hello\r',
    'fork rocks',
    'fork-env rocks\n',
    'fork-env rocks\nend',
    'fork-env a\nend\r',
  ];
  const waiting = [
    'fork-env rocks\nBRZ_EMAIL: The end\n',
    'fork-env a\nend \n',
    'fork-env a\n end\n',
    'fork-env a\nbad\n',
  ];
  for (const text of [...texts, ...waiting]) {
    for (const chunks of chunkings(encodeUtf8(text)))
      assert.deepEqual(decodedRequest(chunks), { kind: 'incomplete' });
  }
});

test('repeats its answer after a request and holds no bytes', () => {
  const decoder = new RequestDecoder();
  const outcome = decoder.push(encodeUtf8('hello\nmore'));
  assert.equal(outcome.kind, 'request');
  assert.equal(decoder.push(encodeUtf8('quit\n')), outcome);
  assert.equal(decoder.push(new Uint8Array(requestBytesMax * 2)), outcome);
  assert.equal(decoder.end(), outcome);
  assert.equal(decoder.bufferedBytes, 0);
});

test('repeats its answer after a refusal and holds no bytes', () => {
  const decoder = new RequestDecoder();
  const outcome = decoder.push(encodeUtf8('bogus\n'));
  assert.equal(outcome.kind, 'refused');
  assert.equal(decoder.push(encodeUtf8('hello\n')), outcome);
  assert.equal(decoder.end(), outcome);
  assert.equal(decoder.bufferedBytes, 0);
});

const endings: readonly [text: string, why: string][] = [
  ['', 'the connection ended before a request came'],
  ...[
    'hello',
    'hello\r',
    'fork rocks',
    'fork-env a\n',
    'fork-env a\nend',
    'fork-env a\nBRZ_EMAIL: end\n',
  ].map((text): [string, string] => [
    text,
    'the connection ended inside the request: each line ends in a newline, and fork-env in the line `end`',
  ]),
];

for (const [text, why] of endings) {
  test(`refuses the end of the stream after ${JSON.stringify(text)}`, () => {
    const decoder = new RequestDecoder();
    decoder.push(encodeUtf8(text));
    const outcome = decoder.end();
    assert.deepEqual(outcome, { kind: 'refused', reason: { code: 'parse-failed', why } });
    assert.equal(decoder.push(encodeUtf8('\n')), outcome);
    assert.equal(decoder.bufferedBytes, 0);
  });
}

test('allows exactly the configured variables', () => {
  const options = { allowedVariables: ['__proto__', 'A'] };
  const progress = decodedRequest([encodeUtf8('fork-env a\n__proto__: x\nA: y\nend\n')], options);
  assert.ok(progress.kind === 'request' && progress.request.kind === 'fork');
  assert.deepEqual(Object.entries(progress.request.environment), [
    ['__proto__', 'x'],
    ['A', 'y'],
  ]);
  assert.equal(
    refusalOf([encodeUtf8('fork-env a\nBRZ_EMAIL: x\nend\n')], options),
    `${parsing}the environment variable 'BRZ_EMAIL' is not allowed, only __proto__, A\n`,
  );
});

test('applies a lower configured child-connect timeout', () => {
  const options = { limits: { childConnectTimeoutSecondsMax: 10 } };
  assert.equal(decodedRequest([encodeUtf8('child_connect_timeout 10\n')], options).kind, 'request');
  assert.match(
    refusalOf([encodeUtf8('child_connect_timeout 11\n')], options) ?? '',
    /^FAILURE: .* 0 to 10, not '11'\n$/,
  );
});

test('copies the bytes that it holds, because a socket may reuse its chunk', () => {
  const decoder = new RequestDecoder();
  const chunk = encodeUtf8('hel');
  decoder.push(chunk);
  chunk.fill(0);
  assert.deepEqual(decoder.push(encodeUtf8('lo\n')), {
    kind: 'request',
    request: { kind: 'hello' },
  });
});
