import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import {
  makeKey,
  run,
  serveLine,
  sshArguments,
  type ClientResult,
} from '../../../testing/clients.ts';
import { signIn } from '../../../testing/ssh2-client.ts';
import { Stand } from '../../../testing/stand.ts';

const keyTypes = [
  ['host-ed25519', ['-t', 'ed25519']],
  ['host-ecdsa', ['-t', 'ecdsa']],
  ['host-rsa', ['-t', 'rsa', '-b', '2048']],
  ['host-next', ['-t', 'ed25519']],
] as const;

/**
 * A stand with a key of each type and a second Ed25519 key, each with a certificate for 127.0.0.1
 * if wanted.
 */
function openStand(certified = false): Promise<Stand> {
  return Stand.open({
    ssh: (directory) => {
      const paths = keyTypes.map(([name, type]) => makeKey(directory, name, type));
      if (certified) {
        const ca = makeKey(directory, 'host-ca');
        execFileSync('ssh-keygen', [
          '-q',
          '-s',
          ca,
          '-h',
          '-I',
          'gateway',
          '-n',
          '127.0.0.1',
          ...paths.map((path) => `${path}.pub`),
        ]);
      }
      return {
        hostKeys: paths,
        hostCertificates: certified ? paths.map((path) => `${path}-cert.pub`) : [],
      };
    },
  });
}

function connectStrictly(
  stand: Stand,
  known: string,
  options: readonly string[],
  input = 'hello',
): Promise<ClientResult> {
  writeFileSync(join(stand.directory, 'known'), known);
  const strict = [
    '-o',
    `UserKnownHostsFile=${join(stand.directory, 'known')}`,
    '-o',
    'StrictHostKeyChecking=yes',
  ];
  const [, , ...rest] = sshArguments(stand.alice, options);
  return run('/usr/bin/ssh', ['-F', '/dev/null', ...strict, ...rest, serveLine], input);
}

test('each host key proves the host to a client that knows only that key', async () => {
  await using stand = await openStand();
  for (const [name, algorithms] of [
    ['host-ed25519', ['ssh-ed25519']],
    ['host-ecdsa', ['ecdsa-sha2-nistp256']],
    ['host-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
  ] as const) {
    for (const algorithm of algorithms) {
      const known = `[127.0.0.1]:${stand.port} ${readFileSync(join(stand.directory, `${name}.pub`), 'utf8')}`;
      const { code, stderr } = await connectStrictly(stand, known, [
        '-o',
        `HostKeyAlgorithms=${algorithm}`,
      ]);
      assert.equal(code, 0, stderr);
    }
  }
});

test('trap N: each host certificate proves the host to a client that knows only the authority', async () => {
  await using stand = await openStand(true);
  const known = `@cert-authority * ${readFileSync(join(stand.directory, 'host-ca.pub'), 'utf8')}`;
  for (const algorithm of [
    'ssh-ed25519-cert-v01@openssh.com',
    'ecdsa-sha2-nistp256-cert-v01@openssh.com',
    'rsa-sha2-512-cert-v01@openssh.com',
    'rsa-sha2-256-cert-v01@openssh.com',
  ]) {
    const options = ['-v', '-o', `HostKeyAlgorithms=${algorithm}`, '-o', 'RekeyLimit=1K'];
    const sent = 'hello'.repeat(20_000);
    const { code, stdout, stderr } = await connectStrictly(stand, known, options, sent);
    assert.deepEqual([code, stdout.toString() === sent], [0, true], stderr);
    assert.ok(
      (stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0) > 1,
      'and proves it with each new key',
    );
    assert.match(stderr, new RegExp(`host key algorithm: ${algorithm}`));
  }
  const stranger = makeKey(stand.directory, 'other-ca');
  const { code } = await connectStrictly(
    stand,
    `@cert-authority * ${readFileSync(`${stranger}.pub`, 'utf8')}`,
    [],
  );
  assert.equal(code, 255);
});

test('trap N: a client with UpdateHostKeys learns every key of the host, also one not in use yet', async () => {
  await using stand = await openStand();
  for (const algorithm of ['ssh-ed25519', 'rsa-sha2-256']) {
    const first = algorithm === 'ssh-ed25519' ? 'host-ed25519' : 'host-rsa';
    const known = `[127.0.0.1]:${stand.port} ${readFileSync(join(stand.directory, `${first}.pub`), 'utf8')}`;
    // ssh learns keys of the types it accepts, and uses the first.
    const all = [algorithm, 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'].join(',');
    const client = connectStrictly(stand, known, [
      '-o',
      'UpdateHostKeys=yes',
      '-o',
      `HostKeyAlgorithms=${all}`,
    ]);
    const blobs = keyTypes.map(
      ([name]) => readFileSync(join(stand.directory, `${name}.pub`), 'utf8').split(' ')[1] ?? '',
    );
    const { code, stderr } = await client;
    assert.equal(code, 0, stderr);
    const learned = readFileSync(join(stand.directory, 'known'), 'utf8');
    for (const blob of blobs)
      assert.ok(learned.includes(blob), `${algorithm}: ${learned}\n${stderr}`);
  }
});

test('proofs are given only for our keys, and once for each connection', async () => {
  await using stand = await openStand();
  const ours = Buffer.from(
    readFileSync(join(stand.directory, 'host-next.pub'), 'utf8').split(' ')[1] ?? '',
    'base64',
  );
  const strange = Buffer.from(
    readFileSync(`${stand.alice.key}.pub`, 'utf8').split(' ')[1] ?? '',
    'base64',
  );
  const asked: readonly (readonly [string, readonly Buffer[], boolean])[] = [
    ['one of ours', [ours], true],
    ['a stranger’s', [ours, strange], false],
    ['the same twice', [ours, ours], false],
    ['none', [], false],
  ];
  for (const [what, blobs, given] of asked) {
    const { client } = await signIn(stand.alice);
    const answers: boolean[] = [];
    ask(client, blobs, (succeeded) => answers.push(succeeded));
    await until('the answer', () => answers.length === 1);
    ask(client, [ours], (succeeded) => answers.push(succeeded));
    await until('the second answer', () => answers.length === 2);
    assert.deepEqual(answers, [given, false], what);
    client.end();
  }
});

/** Sends a `hostkeys-prove-00@openssh.com` by hand. */
function ask(
  client: object,
  blobs: readonly Buffer[],
  answered: (succeeded: boolean) => void,
): void {
  const { _protocol: protocol, _callbacks: callbacks } = client as {
    _protocol: { openssh_hostKeysProve(keys: readonly { getPublicSSH(): Buffer }[]): void };
    _callbacks: ((failed: boolean) => void)[];
  };
  callbacks.push((failed) => answered(!failed));
  protocol.openssh_hostKeysProve(blobs.map((blob) => ({ getPublicSSH: () => blob })));
}
