import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeKey, run, serveLine, sshArguments } from '../../../testing/clients.ts';
import { Stand } from '../../../testing/stand.ts';

/** A stand that trusts an authority, and alice2, whose key is in no file. */
class CertificateStand implements AsyncDisposable {
  readonly stand: Stand;
  readonly key: string;

  static async open(
    type: readonly string[] = ['-t', 'ed25519'],
    caType = type,
  ): Promise<CertificateStand> {
    const stand = await Stand.open({
      ssh: (directory) => {
        makeKey(directory, 'ca', caType);
        writeFileSync(join(directory, 'revoked'), '');
        return {
          userAuthorities: join(directory, 'ca.pub'),
          revokedKeys: join(directory, 'revoked'),
        };
      },
    });
    return new CertificateStand(stand, makeKey(stand.directory, 'own', type));
  }

  private constructor(stand: Stand, key: string) {
    this.stand = stand;
    this.key = key;
  }

  path(name: string): string {
    return join(this.stand.directory, name);
  }

  /** Certifies the key with real ssh-keygen; without `-n` the principal is alice. */
  certify(...options: string[]): void {
    const principals = options.includes('-n') || options.includes('--none') ? [] : ['-n', 'alice'];
    const ca = options.includes('-s') ? [] : ['-s', this.path('ca')];
    const rest = options.filter((option) => option !== '--none');
    execFileSync(
      'ssh-keygen',
      ['-q', ...ca, '-I', 'an id', ...principals, ...rest, `${this.key}.pub`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  }

  /** The result of real ssh, and the reason in the log. */
  async signIn(
    user = 'alice',
    options: readonly string[] = [],
  ): Promise<{ code: number | null; reason: unknown }> {
    const [, , ...rest] = sshArguments({ ...this.stand.alice, user, key: this.key }, options);
    const { code } = await run('/usr/bin/ssh', ['-F', '/dev/null', ...rest, serveLine], '');
    const certificates = this.stand.log
      .named('sign-in attempted')
      .filter(({ fields }) => fields['certificate'] !== null);
    return { code, reason: certificates.at(-1)?.fields['reason'] };
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.stand[Symbol.asyncDispose]();
  }
}

for (const [type, caType] of [
  [
    ['-t', 'ed25519'],
    ['-t', 'rsa', '-b', '2048'],
  ],
  [
    ['-t', 'ecdsa', '-b', '384'],
    ['-t', 'ecdsa', '-b', '256'],
  ],
  [
    ['-t', 'rsa', '-b', '2048'],
    ['-t', 'ed25519'],
  ],
] as const) {
  test(`trap N: a certificate of a key of ${type.join(' ')} by one of ${caType.join(' ')} signs in`, async () => {
    await using own = await CertificateStand.open(type, caType);
    assert.equal((await own.signIn()).code, 255, 'the key alone does not');
    own.certify('-z', '17');
    assert.deepEqual(await own.signIn(), { code: 0, reason: null });
    const [signedIn] = own.stand.log.named('signed in');
    const certificate = signedIn?.fields['certificate'] as Record<string, string>;
    assert.deepEqual([certificate['keyId'], certificate['serial']], ['an id', '17']);
    const plain = execFileSync('ssh-keygen', ['-lf', `${own.key}.pub`])
      .toString()
      .split(' ')[1];
    assert.equal(signedIn?.fields['fingerprint'], plain);
    assert.equal((await own.signIn('bob')).code, 255, 'no other user can use it');
  });
}

const refusals: readonly (readonly [string, readonly string[], string])[] = [
  ['for somebody else', ['-n', 'bob,carol'], 'the certificate is for other principals'],
  ['without principals', ['--none'], 'the certificate names no principal'],
  ['that has expired', ['-V', '20200101:20200102'], 'the certificate has expired'],
  ['that is not valid yet', ['-V', '20900101:20910101'], 'the certificate is not valid yet'],
  [
    'for another source',
    ['-O', 'source-address=192.0.2.0/24'],
    'the certificate is not for this source address',
  ],
  [
    'with force-command',
    ['-O', 'force-command=/bin/true'],
    'its critical option force-command is not supported',
  ],
  [
    'with an unknown critical option',
    ['-O', 'critical:x@y=z'],
    'its critical option x@y is not supported',
  ],
];

test('trap N: unusable certificates are refused, each with its reason in the log and none for the client', async () => {
  await using own = await CertificateStand.open();
  for (const [what, options, reason] of refusals) {
    own.certify(...options);
    assert.deepEqual(await own.signIn(), { code: 255, reason }, what);
  }
  own.certify('-O', 'source-address=192.0.2.0/24,127.0.0.0/8', '-O', 'extension:x@y=z');
  assert.deepEqual(
    await own.signIn(),
    { code: 0, reason: null },
    'a fitting source and an unknown extension',
  );
});

test('trap N: a certificate of an unknown authority does not sign in; one of a user’s own authority does, for that user', async () => {
  await using own = await CertificateStand.open();
  const other = makeKey(own.stand.directory, 'other-ca');
  own.certify('-s', other, '-n', 'alice,bob,builds');
  assert.deepEqual(await own.signIn(), { code: 255, reason: 'unknown authority' });
  own.stand.authorize('alice', other, 'cert-authority ');
  assert.deepEqual(await own.signIn(), { code: 0, reason: null });
  assert.equal((await own.signIn('bob')).code, 255);
  own.stand.authorize('bob', other, 'cert-authority,principals="builds",from="192.0.2.1" ');
  assert.deepEqual(await own.signIn('bob'), {
    code: 255,
    reason: 'the key is not for this source address',
  });
  own.stand.authorize('bob', other, 'cert-authority,principals="builds",from="127.*" ');
  assert.deepEqual(await own.signIn('bob'), { code: 0, reason: null });
  own.stand.authorize('carol', other, 'cert-authority,principals="releases" ');
  assert.equal((await own.signIn('carol')).reason, 'the certificate is for other principals');
});

test('trap N: an authority’s own key does not sign in', async () => {
  await using own = await CertificateStand.open();
  own.stand.authorize('alice', own.key, 'cert-authority ');
  assert.equal((await own.signIn()).code, 255);
});

test('trap N: revoked keys and certificates do not sign in, in each form that ssh-keygen -k has', async () => {
  await using own = await CertificateStand.open();
  const list = own.path('revoked');
  const revoke = (specification: string): void => {
    writeFileSync(own.path('specification'), specification);
    rmSync(list);
    execFileSync('ssh-keygen', [
      '-q',
      '-k',
      '-f',
      list,
      '-s',
      own.path('ca.pub'),
      own.path('specification'),
    ]);
  };
  const publicLine = readFileSync(`${own.key}.pub`, 'utf8');
  own.certify('-z', '42');
  const revoked = { code: 255, reason: 'the key or its certificate is revoked' };
  for (const specification of [
    'serial: 42',
    'serial: 40-50',
    'serial: 1-1000000',
    'serial: 30\nserial: 36\nserial: 42\nserial: 44',
    'id: an id',
    publicLine,
    `sha1: ${publicLine}`,
    `sha256: ${publicLine}`,
    readFileSync(own.path('ca.pub'), 'utf8'),
  ]) {
    revoke(specification);
    assert.deepEqual(await own.signIn(), revoked, specification);
  }
  for (const specification of [
    'serial: 43',
    'serial: 43-50',
    'id: another id',
    'serial: 30\nserial: 44',
  ]) {
    revoke(specification);
    assert.equal((await own.signIn()).code, 0, specification);
  }
  writeFileSync(list, `# as plain text\n${publicLine}`);
  assert.deepEqual(await own.signIn(), revoked);
  own.stand.authorize('alice', own.key);
  rmSync(`${own.key}-cert.pub`);
  assert.equal((await own.signIn()).code, 255, 'the plain key is revoked too');
});

test('without its revocation list the gateway admits nobody and says so, until the list is back', async () => {
  await using own = await CertificateStand.open();
  own.certify();
  const list = own.path('revoked');
  copyFileSync(list, own.path('kept'));
  for (const spoil of [() => rmSync(list), () => appendFileSync(list, 'SSHKRL')]) {
    spoil();
    const { code, stderr } = await own.stand.ssh([serveLine], '');
    assert.equal(code, 255);
    assert.match(stderr, /sign-in is temporarily unavailable; try again in a minute/);
    copyFileSync(own.path('kept'), list);
    assert.equal((await own.signIn()).code, 0);
  }
  const [line] = own.stand.log.named('sign-in unavailable');
  assert.equal(line?.level, 'error');
  assert.match(String(line.fields['reason']), /^ssh\.revoked_keys .*there is no such file$/);
});
