import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { algorithmNames } from '@hatchery/config';
import { readAudit } from '@hatchery/event-feed';
import { until, within } from '@hatchery/testkit';
import { makeKey, serveLine } from '../../../testing/clients.ts';
import { metricOf } from '../../../testing/control.ts';
import { kexInitOffering, RawClient } from '../../../testing/raw-client.ts';
import { Stand } from '../../../testing/stand.ts';
import { shown } from './negotiation.ts';

/** Why a stand refused connections, newest first. */
function refusalsOf(stand: Stand): string[] {
  const directory = join(stand.directory, 'audit');
  return [...readAudit({ directory, since: new Date(0), damaged: assert.fail })].flatMap((entry) =>
    entry.kind === 'connection.refused' ? [entry.reason] : [],
  );
}

for (const [kind, options, reason] of [
  [
    'kex',
    ['KexAlgorithms=ecdh-sha2-nistp256'],
    /^no key exchange in common with OpenSSH\S+, which offers ecdh-sha2-nistp256$/,
  ],
  [
    'host-key',
    ['HostKeyAlgorithms=rsa-sha2-512'],
    /^no host key algorithm in common .* offers rsa-sha2-512$/,
  ],
  [
    'cipher',
    ['Ciphers=aes128-cbc'],
    /^no cipher \(client to server\) in common .* offers aes128-cbc$/,
  ],
  [
    'mac',
    ['Ciphers=aes128-ctr', 'MACs=hmac-sha1'],
    /^no MAC \(client to server\) in common .* offers hmac-sha1$/,
  ],
] as const)
  test(`the audit shows what a client with no common ${kind} offers, and a metric counts it`, async () => {
    await using stand = await Stand.open();
    const { code, stderr } = await stand.ssh(
      [serveLine],
      '',
      options.flatMap((option) => ['-o', option]),
    );
    assert.equal(code, 255);
    assert.match(stderr, /no matching .* found/i);
    await until('the audit', () => refusalsOf(stand).length === 1);
    assert.match(refusalsOf(stand)[0] ?? '', reason);
    assert.equal(
      await metricOf(stand, `hatchery_ssh_negotiations_failed_total{kind="${kind}"}`),
      1,
    );
    assert.equal(await metricOf(stand, 'hatchery_ssh_session_results_total{result="system"}'), 0);
  });

test('a client confined by FIPS connects with the lists that admit it', async () => {
  const fips = [
    'KexAlgorithms=ecdh-sha2-nistp384',
    'HostKeyAlgorithms=ecdsa-sha2-nistp256',
    'Ciphers=aes256-ctr',
    'MACs=hmac-sha2-512',
  ];
  await using stand = await Stand.open({
    ssh: (directory) => ({
      hostKeys: [makeKey(directory, 'one'), makeKey(directory, 'two', ['-t', 'ecdsa'])],
      algorithms: {
        kex: [
          ...algorithmNames('kex', 'default'),
          'ecdh-sha2-nistp256',
          'ecdh-sha2-nistp384',
          'ecdh-sha2-nistp521',
        ],
        ciphers: algorithmNames('ciphers', 'default'),
        macs: algorithmNames('macs', 'default'),
        hostKeys: algorithmNames('hostKeys', 'default'),
      },
    }),
  });
  const { code, stderr } = await stand.ssh(
    [serveLine],
    '',
    fips.flatMap((option) => ['-o', option]),
  );
  assert.equal(code, 0, stderr);
});

test('a client without encrypt-then-MAC connects, whatever it calls itself', async () => {
  await using stand = await Stand.open();
  const { code, stderr } = await stand.ssh([serveLine], '', [
    '-o',
    'Ciphers=aes128-ctr',
    '-o',
    'MACs=hmac-sha2-256',
  ]);
  assert.equal(code, 0, stderr);
});

for (const ident of ['SSH-2.0-dropbear', 'SSH-2.0-OpenSSH_9.2', 'SSH-2.0-x']) {
  test(`${ident} gets the same offer as every client`, async () => {
    await using stand = await Stand.open();
    await using client = new RawClient(stand.port, ident);
    await client.identify();
    const offer = (await client.receive()).toString('latin1');
    assert.ok(
      offer.includes(
        'hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512',
      ),
    );
    client.send(kexInitOffering(['diffie-hellman-group1-sha1', 'ext-info-c'], ['ssh-dss']));
    // SSH_MSG_DISCONNECT, then SSH_DISCONNECT_KEY_EXCHANGE_FAILED (RFC 4253 11.1).
    assert.deepEqual([...(await client.receive()).subarray(0, 5)], [1, 0, 0, 0, 3]);
    await within('the end', client.closed);
    await until('the audit', () => refusalsOf(stand).length === 1);
    const software = ident.replace('SSH-2.0-', '');
    assert.equal(
      refusalsOf(stand)[0],
      `no key exchange in common with ${software}, which offers diffie-hellman-group1-sha1`,
    );
  });
}

test('a client’s offer is shown in bounded length and printable characters', () => {
  assert.equal(shown([]), 'nothing');
  assert.equal(shown(['a\u001b[31m', 'b\n']), 'a?[31m,b?');
  const many = shown(Array.from({ length: 5_000 }, () => 'x'.repeat(1_000)));
  assert.match(many, /^(x{64},)+x{64} and \d+ more$/);
  assert.ok(many.length < 700);
});
