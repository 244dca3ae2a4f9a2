import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { until, within } from '@hatchery/testkit';
import { wireString } from '@hatchery/ssh-keys';
import { Stand } from '../../../testing/stand.ts';
import type { ConnectionInternals } from '../ssh2/internals.ts';
import { sendMessage } from '../ssh2/ssh2-parts.ts';

/** A client that may request sign-in, and sends any request. */
class Asker {
  readonly closed: Promise<void>;
  failures = 0;
  readonly #client = new ssh2.Client();

  static async connect(stand: Stand): Promise<Asker> {
    const asker = new Asker();
    const ready = new Promise<void>((resolve) => asker.#start(stand.port, resolve));
    await within('the service', ready);
    return asker;
  }

  constructor() {
    this.closed = new Promise((resolve) => this.#client.once('close', () => resolve()));
    this.#client.on('error', () => {});
  }

  /** An SSH_MSG_USERAUTH_REQUEST, however malformed. */
  send(...parts: Buffer[]): void {
    const { _protocol, _sock } = this.#client as unknown as ConnectionInternals;
    if (_sock.writable) sendMessage(_protocol, Buffer.concat([Buffer.of(50), ...parts]));
  }

  ask(user: string, type: string, blob: Buffer, signature: Buffer | null): void {
    const key = [Buffer.of(signature === null ? 0 : 1), wireString(type), wireString(blob)];
    const rest = signature === null ? [] : [wireString(signature)];
    const names = [user, 'ssh-connection', 'publickey'].map((name) => wireString(name));
    this.send(...names, ...key, ...rest);
  }

  end(): void {
    this.#client.end();
  }

  #start(port: number, ready: () => void): void {
    this.#client.connect({
      host: '127.0.0.1',
      port,
      username: 'alice',
      // Resolves when the service is ready; if an answer never comes, the test stops asking.
      authHandler: () => {
        const { _handlers } = (
          this.#client as unknown as { _protocol: { _handlers: Record<string, () => void> } }
        )._protocol;
        _handlers['USERAUTH_FAILURE'] = () => this.failures++;
        ready();
      },
    });
  }
}

const ed25519 = 'ssh-ed25519';

function strangeKey(): Buffer {
  return Buffer.concat([wireString(ed25519), wireString(randomBytes(32))]);
}

test('ten thousand attempts get only a few answers for each connection, and leave nothing behind', async () => {
  await using stand = await Stand.open({ limits: { refusalDelayMs: 1, lingerMs: 100 } });
  for (let connection = 0; connection < 40; connection++) {
    const asker = await Asker.connect(stand);
    for (let attempt = 0; attempt < 250; attempt++)
      asker.ask('alice', ed25519, strangeKey(), Buffer.alloc(83, 1));
    await within('the end', asker.closed);
  }
  await until('all to be logged', () => stand.log.named('sign-in refused').length === 40);
  assert.ok(
    stand.log.named('sign-in attempted').length <= 40 * 6,
    'at most six are answered for each',
  );
  assert.deepEqual(
    stand.log.lines.filter(({ level }) => level === 'error'),
    [],
  );
  assert.equal((await stand.ssh(['rm'], '')).code, 1, 'and alice gets in');
});

test('a client that waits for each answer gets six', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 100 } });
  const asker = await Asker.connect(stand);
  for (let attempt = 1; attempt <= 5; attempt++) {
    asker.ask('alice', ed25519, strangeKey(), null);
    await until('the answer', () => asker.failures === attempt);
  }
  asker.ask('alice', ed25519, strangeKey(), null);
  await within('the end', asker.closed);
  assert.equal(asker.failures, 5);
  assert.equal(
    (await stand.log.heard('sign-in refused')).fields['reason'],
    'too many sign-in attempts',
  );
});

test('a refusal takes as long for an unknown user as for an unknown key', async () => {
  await using stand = await Stand.open({ limits: { refusalDelayMs: 150 } });
  for (const user of ['alice', 'nobody', '../alice']) {
    const asker = await Asker.connect(stand);
    const askedAtMs = performance.now();
    asker.ask(user, ed25519, strangeKey(), null);
    await until('the answer', () => asker.failures === 1);
    assert.ok(performance.now() - askedAtMs > 140, user);
    asker.end();
    await asker.closed;
  }
});

test('a refusal takes as long for a cached user as for one who has to be looked up', async () => {
  const command = [
    '/bin/sh',
    '-c',
    'sleep 0.2; [ "$1" = alice ] && cat "$2/users/alice/authorized_keys"; true',
    'sh',
    '%u',
  ];
  await using stand = await Stand.open({
    limits: { refusalDelayMs: 1 },
    ssh: (directory) => ({
      keyLookup: {
        source: 'command',
        url: null,
        tokenFile: null,
        teamsCommand: null,
        timeoutS: 10,
        cacheS: 60,
        outageS: 900,
        command: [...command, directory],
      },
    }),
  });
  assert.equal((await stand.ssh(['rm'], '')).code, 1, 'alice is cached from now on');
  for (const user of ['alice', 'nobody', 'alice']) {
    const asker = await Asker.connect(stand);
    const askedAtMs = performance.now();
    asker.ask(user, ed25519, strangeKey(), null);
    await until('the answer', () => asker.failures === 1);
    assert.ok(performance.now() - askedAtMs > 190, user);
    asker.end();
    await asker.closed;
  }
});

const alicesBlob = (stand: Stand): Buffer =>
  Buffer.from(readFileSync(`${stand.alice.key}.pub`, 'utf8').split(' ')[1] ?? '', 'base64');

test('invalid keys, signatures and certificates are refused without harm', async () => {
  await using stand = await Stand.open({ limits: { refusalDelayMs: 1, lingerMs: 100 } });
  const blob = alicesBlob(stand);
  const signature = Buffer.concat([wireString(ed25519), wireString(Buffer.alloc(64, 1))]);
  const cases: readonly (readonly [string, Buffer, Buffer | null])[] = [
    [ed25519, Buffer.alloc(0), null],
    [ed25519, Buffer.from('ffffffff00', 'hex'), null],
    [ed25519, blob, Buffer.alloc(0)],
    [ed25519, blob, Buffer.from('ffffffff', 'hex')],
    [ed25519, blob, signature.subarray(0, -1)],
    [ed25519, blob, Buffer.concat([signature, Buffer.of(0)])],
    ['ssh-rsa', blob, null],
    ['sk-ssh-ed25519@openssh.com', blob, signature],
    ['ssh-ed25519-cert-v01@openssh.com', blob, null],
    [
      'ecdsa-sha2-nistp256',
      Buffer.concat(['ecdsa-sha2-nistp256', 'nistp256', '\x04x'].map((part) => wireString(part))),
      null,
    ],
    ['', blob, null],
    ['x'.repeat(9000), blob, signature],
  ];
  for (const [type, key, given] of cases) {
    const asker = await Asker.connect(stand);
    asker.ask('alice', type, key, given);
    await until('the answer', () => asker.failures === 1);
    asker.end();
    await within('the end', asker.closed);
  }
  assert.deepEqual(stand.log.named('signed in'), []);
});

test('a malformed request ends its connection', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 100 } });
  for (const parts of [
    [Buffer.of(1, 2, 3)],
    [wireString('alice'), wireString('ssh-connection'), wireString('publickey'), Buffer.of(1)],
    [wireString(Buffer.of(0xff)), wireString('ssh-connection'), wireString('none')],
  ]) {
    const asker = await Asker.connect(stand);
    asker.send(...parts);
    await within('the end', asker.closed);
  }
  await until('the log', () => stand.log.named('sign-in refused').length === 3);
  for (const { fields } of stand.log.named('sign-in refused'))
    assert.equal(fields['reason'], 'protocol: malformed sign-in request');
});

test('a question about a known key is answered with the algorithm it named, and is not yet a sign-in', async () => {
  await using stand = await Stand.open();
  const asker = await Asker.connect(stand);
  asker.ask('alice', ed25519, alicesBlob(stand), null);
  await until('the answer', () => stand.log.named('sign-in attempted').length === 1);
  assert.equal(stand.log.named('sign-in attempted')[0]?.fields['answer'], 'ask-for-signature');
  assert.deepEqual(stand.log.named('signed in'), []);
  asker.end();
  await asker.closed;
});
