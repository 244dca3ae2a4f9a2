import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ask, codeBlocks, OldClient, RawClient, until } from '@hatchery/testkit';
import { readState, useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker({ config: '[forker]\nrequest_timeout_s = 0.5\n' });

const parsing = 'FAILURE\ncommand or env parsing failed: ';
const notAllowed =
  'is not allowed, only BRZ_EMAIL, BZR_EMAIL, HATCHERY_USER, HATCHERY_TEAMS, HATCHERY_PEER, HATCHERY_SESSION';

/** The service answers the first one and closes. */
const twoRequests = 'hello\nhello\n';

/**
 * Requests and their answers, to the byte (docs/reference/fork-protocol.md#requests-and-answers).
 */
const rows: readonly (readonly [request: string | Uint8Array, answer: string])[] = [
  ['hello\n', 'ok\nyep, still alive\n'],
  ['hello\r\n', 'ok\nyep, still alive\n'],
  [twoRequests, 'ok\nyep, still alive\n'],
  ['child_connect_timeout 120\n', 'ok\n'],
  ['child_connect_timeout 120\r\n', 'ok\n'],
  [
    'child_connect_timeout\n',
    "FAILURE: child_connect_timeout wants a whole number of seconds from 0 to 86400, not ''\n",
  ],
  [
    'child_connect_timeout -1\n',
    "FAILURE: child_connect_timeout wants a whole number of seconds from 0 to 86400, not '-1'\n",
  ],
  ['\n', "FAILURE\nunknown request: '\\n'\n"],
  ['Hello\n', "FAILURE\nunknown request: 'Hello\\n'\n"],
  ['hello \n', "FAILURE\nunknown request: 'hello \\n'\n"],
  ['fork\n', "FAILURE\nunknown request: 'fork\\n'\n"],
  ['fork-env\n', "FAILURE\nunknown request: 'fork-env\\n'\n"],
  ['quit now\n', "FAILURE\nunknown request: 'quit now\\n'\n"],
  ["it's\n", `FAILURE\nunknown request: "it's\\n"\n`],
  ['fork \n', `${parsing}the command is empty\n`],
  ['fork-env \nend\n', `${parsing}the command is empty\n`],
  ['fork-env rocks\nend \nend\n', `${parsing}an environment line has no ': ' in it: 'end '\n`],
  ['fork-env rocks\n: x\nend\n', `${parsing}an environment variable has an empty name\n`],
  ['fork-env rocks\nPATH: /\nend\n', `${parsing}the environment variable 'PATH' ${notAllowed}\n`],
  ["fork rocks 'and rolls\n", `${parsing}No closing quotation\n`],
  [Buffer.from('fork rocks \xc3\n', 'latin1'), `${parsing}the request is not valid UTF-8\n`],
  [
    Buffer.from('fork-env rocks\nBRZ_EMAIL: \xff\nend\n', 'latin1'),
    `${parsing}the request is not valid UTF-8\n`,
  ],
  [Buffer.from('caf\xe9\n', 'latin1'), "FAILURE\nunknown request: 'caf\\xe9\\n'\n"],
  [
    'fork-env rocks\nBRZ_EMAIL=x\nend\n',
    `${parsing}an environment line has no ': ' in it: 'BRZ_EMAIL=x'\n`,
  ],
  [
    'fork-env rocks\nBRZ_EMAIL: x\nLD_PRELOAD: x\nend\n',
    `${parsing}the environment variable 'LD_PRELOAD' ${notAllowed}\n`,
  ],
  ['hel', 'FAILURE\nrequest timed out\n'],
  ['fork-env rocks\nen', 'FAILURE\nrequest timed out\n'],
  ['x'.repeat(65_537), 'FAILURE\nrequest too long: more than 65536 bytes\n'],
  [
    `fork-env rocks\n${'BRZ_EMAIL: x\n'.repeat(6000)}`,
    'FAILURE\nrequest too long: more than 65536 bytes\n',
  ],
];

describe('the answer to', () => {
  for (const [request, answer] of rows) {
    const bytes = Buffer.from(request);
    const text = bytes.toString('latin1');
    const shown = JSON.stringify(
      text.length > 60 ? `${text.slice(0, 40)}… (${text.length} bytes)` : text,
    );
    it(`${shown} is as the protocol has it, then the connection is closed`, async () => {
      assert.equal(await ask(forker().socket, bytes), answer);
    });
    // A longer one would be over its time, or its limit, before it is sent. One that is answered
    // before its last byte is sent loses the answer: a write to a closed connection ends our side
    // too.
    if (text.length > 60 || !text.endsWith('\n') || text === twoRequests) continue;
    it(`${shown} is the same one byte at a time`, async () => {
      assert.equal(
        await ask(forker().socket, ...Array.from(bytes, (byte) => Buffer.of(byte))),
        answer,
      );
    });
  }

  it('a request of exactly the limit is not that it is too long', async () => {
    const request = `fork ${'x'.repeat(65_536 - 'fork \n'.length)}\n`;
    using client = await RawClient.connect(forker().socket);
    client.send(request);
    assert.match(await client.read(/^ok\n(\d+)\n.*\n/).then(([text]) => text), /^ok\n/);
    process.kill(Number(/^ok\n(\d+)/.exec(client.text)?.[1]), 'SIGKILL');
    assert.match(await client.readToEnd(), /\nexited\n9\n$/);
  });

  it('a fork is three lines, and one more pair when the child has ended', async () => {
    using client = await OldClient.fork(forker().socket, 'fork rocks\n');
    process.kill(client.pid, 'SIGTERM');
    assert.equal(await client.exited(), 15);
  });
});

describe('the reference page', () => {
  const page = 'docs/reference/fork-protocol.md';
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  const exchanges = codeBlocks(page, text)
    .filter(({ words }) => words.includes('exchange'))
    .flatMap((block) => block.text.trimEnd().split('\n'));

  it('has exchanges of every verb', () => {
    for (const verb of ['hello', 'fork', 'fork-env', 'child_connect_timeout', 'attach']) {
      assert.ok(
        exchanges.some((line) => new RegExp(`^"${verb}\\b`).test(line)),
        verb,
      );
    }
  });

  for (const line of exchanges) {
    it(`says what the service does: ${line.slice(0, 60)}`, async () => {
      const [request = '', answer] = line.split(' → ').map((side) => JSON.parse(side) as string);
      assert.equal(await ask(forker().socket, request), answer);
    });
  }
});

describe('attach', () => {
  it('gives a second connection the same pid, directory and status, to the byte', async () => {
    using first = await OldClient.fork(forker().socket, 'fork rocks\n');
    using second = await RawClient.connect(forker().socket);
    second.send(`attach ${first.id}\n`);
    await second.read(/^ok\n\d+\n.*\n/);
    process.kill(first.pid, 'SIGTERM');
    assert.equal(await second.readToEnd(), `ok\n${first.pid}\n${first.directory}\nexited\n15\n`);
    assert.equal(await first.exited(), 15);
  });

  it('has nothing more to give when a client has read the status', async () => {
    using first = await OldClient.fork(forker().socket, 'fork rocks\n');
    process.kill(first.pid, 'SIGTERM');
    assert.equal(await first.exited(), 15);
    const refusal = `FAILURE\nno child ${first.id}: it never was, or its end was told already\n`;
    await until('the status to count as read', async () => {
      return (await ask(forker().socket, `attach ${first.id}\n`)) === refusal;
    });
  });
});

describe('the socket', () => {
  it('is for its owner and their group', () => {
    assert.equal(statSync(forker().socket).mode & 0o777, 0o660);
  });
});

describe('the time for a request', () => {
  it('is over for a client that sends one byte after the other for ever', async () => {
    using client = await RawClient.connect(forker().socket);
    client.send('fork ');
    const trickle = setInterval(() => client.send('x'), 20);
    try {
      assert.equal(await client.readToEnd(), 'FAILURE\nrequest timed out\n');
    } finally {
      clearInterval(trickle);
    }
  });

  it('does not run while a child is being forked or lives', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    const peer = client.open();
    const { uptimeS } = (await readState(forker())) as unknown as { uptimeS: number };
    await until('more than the timeout', async () => {
      return ((await readState(forker())) as unknown as { uptimeS: number }).uptimeS >= uptimeS + 2;
    });
    peer.send('1 still here\n');
    peer.endSending();
    assert.equal((await peer.finished()).stdout, 'still here\n');
    assert.equal(await client.exited(), 0);
  });
});
