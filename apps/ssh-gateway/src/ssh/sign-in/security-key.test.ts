import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  makeKey,
  run,
  serveLine,
  sshArguments,
  type ClientResult,
} from '../../../testing/clients.ts';
import { KeyAgent } from '../../../testing/key-agent.ts';
import { SecurityKey, type Touch } from '../../../testing/security-key.ts';
import { Stand } from '../../../testing/stand.ts';

/** Signs in as alice with the real ssh, whose agent has the security key. */
async function signInWith(
  stand: Stand,
  key: SecurityKey,
  { touch, certificate }: { touch?: Touch; certificate?: string } = {},
): Promise<ClientResult> {
  if (touch !== undefined) key.touch = touch;
  const shown =
    certificate === undefined ? key.blob : Buffer.from(certificate.split(' ')[1] ?? '', 'base64');
  const file = join(stand.directory, 'shown');
  writeFileSync(`${file}.pub`, certificate ?? key.line);
  await using agent = await KeyAgent.listen(join(stand.directory, 'agent'), key, [shown]);
  const [, , ...rest] = sshArguments({ ...stand.alice, key: `${file}.pub` });
  return await run(
    '/usr/bin/ssh',
    ['-F', '/dev/null', '-o', `IdentityAgent=${agent.path}`, ...rest, serveLine],
    'hello',
  );
}

function authorize(stand: Stand, key: SecurityKey, options = ''): void {
  writeFileSync(
    join(stand.config.ssh.usersDirectory, 'alice', 'authorized_keys'),
    `${options}${key.line}`,
  );
}

function lastReason(stand: Stand): unknown {
  return stand.log.named('sign-in attempted').at(-1)?.fields['reason'];
}

for (const kind of ['ed25519', 'ecdsa'] as const) {
  test(`trap K: a security key of the kind ${kind} signs in only when it was touched`, async () => {
    await using stand = await Stand.open();
    const key = new SecurityKey(kind);
    authorize(stand, key);
    const { code, stdout, stderr } = await signInWith(stand, key);
    assert.deepEqual([code, stdout.toString()], [0, 'hello'], stderr);
    const untouched = await signInWith(stand, key, { touch: { touched: false, pinEntered: true } });
    assert.equal(untouched.code, 255);
    assert.equal(lastReason(stand), 'the security key was not touched');
  });

  test(`a signature of a ${kind} security key for another application does not sign in`, async () => {
    await using stand = await Stand.open();
    const key = new SecurityKey(kind);
    authorize(stand, key);
    key.signsFor = 'https://example.org';
    assert.equal((await signInWith(stand, key)).code, 255);
    assert.equal(lastReason(stand), 'the signature is not valid');
  });
}

test('trap K: no-touch-required and verify-required are enforced', async () => {
  await using stand = await Stand.open();
  const key = new SecurityKey('ed25519');
  authorize(stand, key, 'no-touch-required ');
  assert.equal(
    (await signInWith(stand, key, { touch: { touched: false, pinEntered: false } })).code,
    0,
  );
  authorize(stand, key, 'verify-required ');
  assert.equal(
    (await signInWith(stand, key, { touch: { touched: true, pinEntered: false } })).code,
    255,
  );
  assert.equal(lastReason(stand), 'the security key asked for no PIN');
  assert.equal(
    (await signInWith(stand, key, { touch: { touched: true, pinEntered: true } })).code,
    0,
  );
});

test('a certificate of a security key signs in, and its verify-required is enforced', async () => {
  await using stand = await Stand.open();
  const ca = makeKey(stand.directory, 'ca');
  const key = new SecurityKey('ecdsa');
  const file = join(stand.directory, 'sk.pub');
  writeFileSync(file, key.line);
  writeFileSync(
    join(stand.config.ssh.usersDirectory, 'alice', 'authorized_keys'),
    `cert-authority ${readFileSync(`${ca}.pub`, 'utf8')}`,
  );
  const certify = (...options: string[]): string => {
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'id', '-n', 'alice', ...options, file]);
    return readFileSync(join(stand.directory, 'sk-cert.pub'), 'utf8');
  };
  const { code, stderr } = await signInWith(stand, key, { certificate: certify() });
  assert.equal(code, 0, stderr);
  const strict = certify('-O', 'verify-required');
  assert.equal((await signInWith(stand, key, { certificate: strict })).code, 255);
  assert.equal(
    (
      await signInWith(stand, key, {
        certificate: strict,
        touch: { touched: true, pinEntered: true },
      })
    ).code,
    0,
  );
});
