// Long: one suite; its tests share one gateway.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import {
  makeKey,
  run,
  serveLine,
  sshArguments,
  type Destination,
} from '../../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { Stand } from '../../../testing/stand.ts';

for (const type of [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '2048'],
]) {
  test(`a key of ssh-keygen ${type.join(' ')} signs in`, async () => {
    await using stand = await Stand.open();
    const key = makeKey(stand.directory, 'other', type);
    stand.authorize('alice', key);
    const { code, stdout, stderr } = await run(
      '/usr/bin/ssh',
      [...sshArguments({ ...stand.alice, key }), serveLine],
      'hello',
    );
    assert.deepEqual([code, stdout.toString()], [0, 'hello'], stderr);
  });
}

test('dropbear’s client signs in and runs a session', async () => {
  await using stand = await Stand.open();
  const key = join(stand.directory, 'dropbear');
  execFileSync('dropbearconvert', ['openssh', 'dropbear', stand.alice.key, key], {
    stdio: 'ignore',
  });
  const { code, stdout, stderr } = await run(
    '/usr/bin/dbclient',
    ['-y', '-y', '-i', key, '-p', String(stand.port), 'alice@127.0.0.1', serveLine],
    'hello',
  );
  assert.deepEqual([code, stdout.toString()], [0, 'hello'], stderr);
});

test('PuTTY’s plink signs in and runs a session', async () => {
  await using stand = await Stand.open();
  const key = join(stand.directory, 'alice.ppk');
  execFileSync('puttygen', [stand.alice.key, '-o', key]);
  const hostKey =
    execFileSync('ssh-keygen', ['-lf', join(stand.directory, 'host.pub')])
      .toString()
      .split(' ')[1] ?? '';
  const { code, stdout, stderr } = await run(
    '/usr/bin/plink',
    [
      '-batch',
      '-ssh',
      '-hostkey',
      hostKey,
      '-i',
      key,
      '-P',
      String(stand.port),
      'alice@127.0.0.1',
      serveLine,
    ],
    'hello',
  );
  assert.deepEqual([code, stdout.toString()], [0, 'hello'], stderr);
});

test('paramiko signs in and runs a session', async () => {
  await using stand = await Stand.open();
  const script = `
import sys, paramiko
port, key, command = int(sys.argv[1]), paramiko.Ed25519Key.from_private_key_file(sys.argv[2]), sys.argv[3]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect('127.0.0.1', port, 'alice', pkey=key, look_for_keys=False, allow_agent=False)
stdin, stdout, stderr = client.exec_command(command)
stdin.write('hello'); stdin.channel.shutdown_write()
print(stdout.read().decode(), stdout.channel.recv_exit_status())
`;
  const argv = ['-W', 'ignore', '-c', script, String(stand.port), stand.alice.key, serveLine];
  const { code, stdout, stderr } = await run('/usr/bin/python3', argv, '');
  assert.deepEqual([code, stdout.toString()], [0, 'hello 0\n'], stderr);
});

/** The results and output of ssh. */
async function attempt(
  destination: Destination,
  options: readonly string[] = [],
): Promise<{ code: number | null; stderr: string }> {
  return run('/usr/bin/ssh', [...sshArguments(destination, options), serveLine], '');
}

test('an unknown key, an unknown user and an impossible name get the same answer', async () => {
  await using stand = await Stand.open();
  const stranger = makeKey(stand.directory, 'stranger');
  const said = new Set<string>();
  for (const destination of [
    { ...stand.alice, key: stranger },
    { ...stand.alice, user: 'nobody' },
    { ...stand.alice, user: '../users/alice' },
  ]) {
    const { code, stderr } = await attempt(destination);
    assert.equal(code, 255);
    said.add(
      stderr.replace(/^Warning: Permanently added.*\r?\n/m, '').replace(/^\S+@127/m, 'USER@127'),
    );
  }
  assert.deepEqual([...said], ['USER@127.0.0.1: Permission denied (publickey).\r\n']);
  assert.deepEqual(
    stand.log
      .named('sign-in refused')
      .map(({ fields }) => (fields['lastRefusal'] as { reason: string }).reason),
    ['unknown key', 'unknown key', 'unknown key'],
  );
  assert.deepEqual(stand.log.named('signed in'), []);
});

test('a key with an unsupported restriction does not sign in, and the log names the line', async () => {
  await using stand = await Stand.open();
  const forced = makeKey(stand.directory, 'forced');
  stand.authorize('alice', forced, 'command="true" ');
  assert.equal((await attempt({ ...stand.alice, key: forced })).code, 255);
  assert.deepEqual(
    stand.log.named('authorized keys partly ignored').map(({ fields }) => fields['line']),
    [2],
  );
});

test('a removed key no longer signs in', async () => {
  await using stand = await Stand.open();
  assert.equal((await attempt(stand.alice)).code, 0);
  writeFileSync(join(stand.config.ssh.usersDirectory, 'alice', 'authorized_keys'), '');
  assert.equal((await attempt(stand.alice)).code, 255);
});

test('only publickey is offered, and a password is refused', async () => {
  await using stand = await Stand.open();
  const client = connect(stand, { password: 'secret' });
  await assert.rejects(client, /All configured authentication methods failed/);
  assert.deepEqual(stand.log.named('signed in'), []);
});

test('RSA with SHA-1 is refused', async () => {
  await using stand = await Stand.open();
  const key = makeKey(stand.directory, 'rsa', ['-t', 'rsa', '-b', '2048']);
  stand.authorize('alice', key);
  assert.equal(
    (await attempt({ ...stand.alice, key }, ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'])).code,
    255,
  );
  assert.equal((await attempt({ ...stand.alice, key })).code, 0);
});

test('trap M: a known public key with another key’s signature does not sign in', async () => {
  await using stand = await Stand.open();
  const forger = ssh2.utils.parseKey(
    readFileSync(makeKey(stand.directory, 'forger')),
  ) as ssh2.ParsedKey;
  const victim = ssh2.utils.parseKey(readFileSync(`${stand.alice.key}.pub`)) as ssh2.ParsedKey;
  // Shows alice's public half, which is no secret, and signs with another key.
  const forged = Object.create(victim, {
    isPrivateKey: { value: () => true },
    sign: { value: (data: Buffer) => forger.sign(data) },
  }) as ssh2.ParsedKey;
  await assert.rejects(
    connect(stand, { key: forged }),
    /All configured authentication methods failed/,
  );
  assert.deepEqual(stand.log.named('signed in'), []);
  const answers = stand.log.named('sign-in attempted').map(({ fields }) => fields['answer']);
  assert.deepEqual(
    answers.slice(-2),
    ['ask-for-signature', 'refuse'],
    'the signature was asked for, and then not believed',
  );
});

test('trap M: the identity is that of the key that signed, not of a key that was only asked about', async () => {
  await using stand = await Stand.open();
  const second = ssh2.utils.parseKey(
    readFileSync(makeKey(stand.directory, 'second')),
  ) as ssh2.ParsedKey;
  stand.authorize('alice', join(stand.directory, 'second'));
  const first = ssh2.utils.parseKey(readFileSync(stand.alice.key)) as ssh2.ParsedKey;
  const unable = Object.create(first, {
    sign: { value: () => Buffer.alloc(64) },
  }) as ssh2.ParsedKey;
  const client = await connect(stand, { keys: [unable, second] });
  client.end();
  await until('the log', () => stand.log.named('signed in').length === 1);
  const own = execFileSync('ssh-keygen', ['-lf', join(stand.directory, 'second.pub')])
    .toString()
    .split(' ')[1];
  assert.equal(stand.log.named('signed in')[0]?.fields['fingerprint'], own);
});

test('after six wrong keys the connection ends, and a seventh, correct one is not considered', async () => {
  await using stand = await Stand.open();
  const wrong = Array.from({ length: 6 }, (_, index) => makeKey(stand.directory, `wrong${index}`));
  const options = wrong.flatMap((key) => ['-i', key]);
  const [, , ...rest] = sshArguments(stand.alice);
  const { code, stderr } = await run(
    '/usr/bin/ssh',
    ['-F', '/dev/null', ...options, ...rest, serveLine],
    '',
  );
  assert.equal(code, 255);
  assert.doesNotMatch(stderr, /Permission denied/, 'ssh was cut off before it had tried all');
  assert.match(
    stderr,
    /hatchery: Too many authentication failures; offer one key alone: ssh -o IdentitiesOnly=yes -i KEYFILE/,
  );
  assert.deepEqual(
    stand.log.named('sign-in refused').map(({ fields }) => fields['reason']),
    ['too many sign-in attempts'],
  );
});

/** Signs in as alice with ssh2's own client, which can be made to lie. */
async function connect(
  stand: Stand,
  how: { password: string } | { key: ssh2.ParsedKey } | { keys: ssh2.ParsedKey[] },
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  const methods: ssh2.AuthenticationType[] | ssh2.AnyAuthMethod[] =
    'password' in how
      ? [{ type: 'password', username: 'alice', password: how.password }]
      : ('keys' in how ? how.keys : [how.key]).map(
          (key) => ({ type: 'publickey', username: 'alice', key }) as unknown as ssh2.AnyAuthMethod,
        );
  const ready = new Promise<ssh2.Client>((resolve, reject) => {
    client.once('ready', () => resolve(client)).on('error', reject);
  });
  client.connect({
    host: '127.0.0.1',
    port: stand.port,
    username: 'alice',
    authHandler: methods,
  });
  try {
    return await within('the sign-in', ready);
  } catch (error) {
    client.end();
    throw error;
  }
}
