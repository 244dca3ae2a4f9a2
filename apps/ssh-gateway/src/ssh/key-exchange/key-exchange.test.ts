import assert from 'node:assert/strict';
import {
  createHash,
  createPublicKey,
  decapsulate,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePublicKey, readWire, wireString } from '@hatchery/ssh-keys';
import { kexInitOffering, plainPacket as plain, RawClient } from '../../../testing/raw-client.ts';
import { Stand } from '../../../testing/stand.ts';
import { verifySignature } from '../../auth/signature.ts';
import { answerHybrid, hybridKeyExchange } from './hybrid-key-exchange.ts';

/** The client's half, written only from draft-ietf-sshm-mlkem-hybrid-kex. */
class HybridClient {
  readonly #kem = generateKeyPairSync('ml-kem-768');
  readonly #curve = generateKeyPairSync('x25519');

  get init(): Buffer {
    return Buffer.concat([raw(this.#kem.publicKey, 1184), raw(this.#curve.publicKey, 32)]);
  }

  secret(reply: Buffer): Buffer {
    assert.equal(reply.length, 1088 + 32);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: reply.subarray(1088).toString('base64url') },
      format: 'jwk',
    });
    const shared = [
      decapsulate(this.#kem.privateKey, reply.subarray(0, 1088)),
      diffieHellman({ privateKey: this.#curve.privateKey, publicKey }),
    ];
    return createHash('sha256').update(Buffer.concat(shared)).digest();
  }
}

function raw(key: KeyObject, bytes: number): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-bytes);
}

test('both halves of the hybrid exchange compute the same secret, a new one each time', () => {
  const client = new HybridClient();
  const answers = [answerHybrid(client.init), answerHybrid(client.init)];
  for (const { reply, secret } of answers) assert.deepEqual(client.secret(reply), secret);
  assert.notDeepEqual(answers[0]?.secret, answers[1]?.secret);
});

test('a malformed C_INIT is refused: a wrong length, an invalid key, a point of low order', () => {
  const { init } = new HybridClient();
  for (const bad of [
    Buffer.alloc(0),
    init.subarray(1),
    Buffer.concat([init, Buffer.of(0)]),
    // FIPS 203 7.2: coefficients past the modulus.
    Buffer.concat([Buffer.alloc(1152, 0xff), init.subarray(1152)]),
    Buffer.concat([init.subarray(0, 1184), Buffer.alloc(32)]),
  ])
    assert.throws(() => answerHybrid(bad), Error);
});

/**
 * One exchange up to the server's reply, which checks everything that RFC 4253 8 and the draft
 * require.
 */
async function exchange(
  stand: Stand,
  client: RawClient,
  before: readonly Buffer[] = [],
  kexInit?: Buffer,
): Promise<void> {
  const serverIdent = await client.identify();
  const own = kexInit ?? kexInitOffering([hybridKeyExchange], ['ssh-ed25519']);
  client.send(own);
  before.forEach((payload) => client.send(payload));
  const half = new HybridClient();
  client.send(Buffer.concat([Buffer.of(30), wireString(half.init)]));
  const serverInit = await client.receive();
  assert.equal(serverInit[0], 20);
  const reply = readWire(await client.receive(), (reader) => {
    assert.equal(reader.byte(), 31);
    return { hostKey: reader.bytes(), reply: reader.bytes(), signature: reader.bytes() };
  });
  assert.ok(reply);
  const hashed = [
    client.ident,
    serverIdent,
    own,
    serverInit,
    reply.hostKey,
    half.init,
    reply.reply,
  ];
  // K is a string here, not an mpint: half of all secrets would differ.
  const parts = [...hashed, half.secret(reply.reply)].map((part) => wireString(part));
  const exchangeHash = createHash('sha256').update(Buffer.concat(parts)).digest();
  const key = parsePublicKey(reply.hostKey);
  assert.ok(key);
  assert.notEqual(
    verifySignature(key, 'ssh-ed25519', reply.signature, exchangeHash),
    null,
    'the host signed our hash',
  );
  assert.equal(
    readFileSync(join(stand.directory, 'host.pub'), 'utf8').split(' ')[1],
    key.blob.toString('base64'),
  );
  assert.deepEqual([...(await client.receive())], [21], 'new keys');
}

test('trap K: the gateway agrees on mlkem768x25519-sha256 and signs the exchange that the draft describes', async () => {
  await using stand = await Stand.open();
  for (let round = 0; round < 8; round++) {
    await using client = new RawClient(stand.port);
    await exchange(stand, client);
  }
});

test('a right guess is accepted, a wrong one dropped', async () => {
  await using stand = await Stand.open();
  await using right = new RawClient(stand.port);
  await exchange(stand, right, [], kexInitOffering([hybridKeyExchange], ['ssh-ed25519'], true));
  const wrong = [
    kexInitOffering(['sntrup761x25519-sha512', hybridKeyExchange], ['ssh-ed25519'], true),
    kexInitOffering([hybridKeyExchange], ['rsa-sha2-512', 'ssh-ed25519'], true),
  ];
  for (const kexInit of wrong) {
    await using client = new RawClient(stand.port);
    await exchange(stand, client, [Buffer.concat([Buffer.of(30), wireString('a guess')])], kexInit);
  }
});

test('a malformed hybrid exchange closes the connection', async () => {
  await using stand = await Stand.open();
  await using client = new RawClient(stand.port);
  await client.identify();
  client.send(kexInitOffering([hybridKeyExchange], ['ssh-ed25519']));
  client.send(Buffer.concat([Buffer.of(30), wireString(Buffer.alloc(1216, 0xff))]));
  await client.closed;
});

test('handshakes cut short or with a flipped bit affect no other client', async () => {
  await using stand = await Stand.open({
    limits: { identDeadlineMs: 300, lingerMs: 50 },
    ssh: { loginGraceS: 0.3 },
  });
  const whole = Buffer.concat([
    Buffer.from('SSH-2.0-raw\r\n'),
    plain(kexInitOffering([hybridKeyExchange, 'curve25519-sha256'], ['ssh-ed25519'])),
    plain(Buffer.concat([Buffer.of(30), wireString(new HybridClient().init)])),
    plain(Buffer.of(21)),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length),
      fc.option(fc.nat(whole.length * 8 - 1)),
      async (end, bit) => {
        const bytes = Buffer.from(whole);
        if (bit !== null) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await using client = new RawClient(stand.port);
        client.socket.end(bytes.subarray(0, end));
        await client.closed;
      },
    ),
    { numRuns: 60 },
  );
  assert.deepEqual(
    stand.log.lines.filter(({ level }) => level === 'error'),
    [],
  );
  assert.deepEqual(stand.log.named('signed in'), []);
  assert.equal((await stand.ssh(['rm'], '')).code, 1, 'and a real client gets in');
});
