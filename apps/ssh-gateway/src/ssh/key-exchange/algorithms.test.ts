import assert from 'node:assert/strict';
import { test } from 'node:test';
import { algorithmNames, sshAlgorithms } from '@hatchery/config';
import { Stand } from '../../../testing/stand.ts';
import { makeKey, run, sshArguments } from '../../../testing/clients.ts';

const algorithms = {
  kex: algorithmNames('kex', 'default'),
  cipher: algorithmNames('ciphers', 'default'),
  hmac: algorithmNames('macs', 'default'),
};

const proposals = [
  'KEX algorithms',
  'host key algorithms',
  'ciphers stoc',
  'MACs stoc',
  'compression stoc',
] as const;

/** A server's proposal, as `ssh -vv` shows it. */
function proposed(stderr: string): Record<(typeof proposals)[number], string[]> {
  const [, peer = ''] = stderr.split('peer server KEXINIT proposal');
  return Object.fromEntries(
    proposals.map((name) => [
      name,
      new RegExp(`${name}: (.*)`).exec(peer)?.[1]?.trim().split(',') ?? [],
    ]),
  ) as ReturnType<typeof proposed>;
}

test('trap J: ssh -vv sees exactly the list, and strict key exchange', async () => {
  await using stand = await Stand.open();
  const offer = proposed((await stand.ssh([], '', ['-vv'])).stderr);
  assert.deepEqual(offer['KEX algorithms'], [...algorithms.kex, 'kex-strict-s-v00@openssh.com']);
  assert.deepEqual(offer['host key algorithms'], ['ssh-ed25519']);
  assert.deepEqual(offer['ciphers stoc'], algorithms.cipher);
  assert.deepEqual(offer['MACs stoc'], algorithms.hmac);
  assert.deepEqual(offer['compression stoc'], ['none']);
});

test('trap J: an RSA host key signs only with SHA-2', async () => {
  await using stand = await Stand.open({ hostKeyType: ['-t', 'rsa', '-b', '2048'] });
  for (const algorithm of ['rsa-sha2-512', 'rsa-sha2-256']) {
    const { code, stderr } = await stand.ssh([], '', [
      '-vv',
      '-o',
      `HostKeyAlgorithms=${algorithm}`,
    ]);
    assert.equal(code, 1, stderr);
    assert.deepEqual(proposed(stderr)['host key algorithms'], ['rsa-sha2-512', 'rsa-sha2-256']);
  }
});

for (const option of [
  'KexAlgorithms=diffie-hellman-group14-sha256',
  'KexAlgorithms=ecdh-sha2-nistp256',
  'MACs=hmac-sha1',
  'KexAlgorithms=diffie-hellman-group-exchange-sha256',
  'Ciphers=chacha20-poly1305@openssh.com',
  'Ciphers=aes128-cbc',
  'HostKeyAlgorithms=ssh-rsa',
]) {
  test(`trap J: no agreement with a client that has only ${option}`, async () => {
    await using stand = await Stand.open();
    const cipher = option.startsWith('MACs') ? ['-o', 'Ciphers=aes128-ctr'] : [];
    const { code, stderr } = await stand.ssh([], '', ['-o', option, ...cipher]);
    assert.equal(code, 255);
    assert.match(stderr, /no matching .* found/i);
  });
}

test('trap J: each offered cipher, MAC and key exchange carries a session', async () => {
  await using stand = await Stand.open();
  const each = [
    // OpenSSH 9.2 lacks the hybrid exchange: see key-exchange.test.ts.
    ...algorithms.kex.slice(1).map((name) => `KexAlgorithms=${name}`),
    ...algorithms.cipher.map((name) => `Ciphers=${name}`),
    ...algorithms.hmac.map((name) => `MACs=${name}`),
  ];
  for (const option of each) {
    const { code, stderr } = await stand.ssh(['rm'], '', [
      '-o',
      option,
      ...(option.startsWith('MACs') ? ['-o', 'Ciphers=aes128-ctr'] : []),
    ]);
    assert.equal(code, 1, `${option}: ${stderr}`);
  }
});

test('ssh-audit reports no failure or warning, except for names newer than itself', async () => {
  await using stand = await Stand.open({
    ssh: (directory) => ({
      hostKeys: [makeKey(directory, 'one'), makeKey(directory, 'two', ['-t', 'rsa', '-b', '3072'])],
    }),
  });
  const { stdout, stderr } = await run(
    '/usr/bin/ssh-audit',
    ['-n', '-p', String(stand.port), '127.0.0.1'],
    '',
  );
  const lines = stdout.toString().split('\n');
  assert.ok(
    lines.includes('# message authentication code algorithms'),
    `${stdout.toString()}${stderr}`,
  );
  const found = lines
    .filter((line) => /\[(fail|warn)\]/.test(line))
    .map((line) => line.replace(/ +/g, ' '));
  const young = ['mlkem768x25519-sha256', 'kex-strict-s-v00@openssh.com'];
  // Without encrypt-then-MAC, for dropbear and other clients that have nothing better.
  const accepted = ['hmac-sha2-256', 'hmac-sha2-512'].map(
    (name) => `(mac) ${name} -- [warn] using encrypt-and-MAC mode`,
  );
  assert.deepEqual(
    found.filter(
      (line) => !young.some((name) => line === `(kex) ${name} -- [warn] unknown algorithm`),
    ),
    accepted,
  );
});

test('trap K: server-sig-algs lists every algorithm by name, and an RSA key signs with SHA-512', async () => {
  await using stand = await Stand.open();
  stand.authorize('alice', makeKey(stand.directory, 'rsa', ['-t', 'rsa', '-b', '2048']));
  const { code, stderr } = await run(
    '/usr/bin/ssh',
    [...sshArguments({ ...stand.alice, key: `${stand.directory}/rsa` }, ['-vvv']), 'rm'],
    '',
  );
  assert.equal(code, 1, stderr);
  assert.deepEqual(/server-sig-algs=<(.*)>/.exec(stderr)?.[1]?.split(',').toSorted(), [
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-256',
    'rsa-sha2-512',
    'sk-ecdsa-sha2-nistp256@openssh.com',
    'sk-ssh-ed25519@openssh.com',
    'ssh-ed25519',
  ]);
  assert.match(stderr, /signing using rsa-sha2-512/);
  assert.equal(stderr.match(/SSH2_MSG_EXT_INFO received/g)?.length, 1);
});

test('doctor rates each algorithm as ssh-audit does', async () => {
  const ssh = {
    algorithms: {
      kex: algorithmNames('kex', 'all'),
      ciphers: algorithmNames('ciphers', 'all'),
      macs: algorithmNames('macs', 'all'),
      hostKeys: algorithmNames('hostKeys', 'all'),
    },
  };
  await using stand = await Stand.open({ ssh, hostKeyType: ['-t', 'ecdsa'] });
  const { stdout } = await run(
    '/usr/bin/ssh-audit',
    ['-n', '-p', String(stand.port), '127.0.0.1'],
    '',
  );
  const said = new Map<string, string[]>();
  let last = '';
  for (const line of stdout.toString().split('\n')) {
    const [, name, level, words] =
      /^(?:\(\w+\) (\S+))? +(?:--|`-) \[(fail|warn)\] (.*?) *$/.exec(line) ?? [];
    last = name ?? last;
    if (level !== undefined) said.set(last, [...(said.get(last) ?? []), `${level}: ${words}`]);
  }
  for (const kind of ['kex', 'ciphers', 'macs'] as const)
    for (const { name, remark } of sshAlgorithms[kind])
      assert.equal(
        said.get(name)?.join('; ') ?? null,
        remark?.replace(/ \(it is younger.*/, '') ?? null,
        name,
      );
  const nistp256 = sshAlgorithms.hostKeys.find(({ name }) => name === 'ecdsa-sha2-nistp256');
  assert.equal(said.get('ecdsa-sha2-nistp256')?.join('; '), nistp256?.remark);
});
