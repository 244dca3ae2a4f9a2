import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { StartError } from '@hatchery/daemon';
import { RunningClient, serveLine, sshArguments } from '../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { RecordingLog } from '../testing/recording-log.ts';
import { exec, signIn } from '../testing/ssh2-client.ts';
import { Stand } from '../testing/stand.ts';
import { createGateway } from './gateway.ts';

/** The one line with which a second gateway refuses to start in a stand's place, after `spoil`. */
async function refusal(spoil: (stand: Stand) => Parameters<typeof createGateway>): Promise<string> {
  await using stand = await Stand.open();
  const error: unknown = await createGateway(...spoil(stand)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StartError, `a StartError, not ${String(error)}`);
  assert.doesNotMatch(error.message, /\n/);
  return error.message.replaceAll(stand.directory, 'DIR');
}

const context = (
  stand: Stand,
  ssh: Partial<Stand['config']['ssh']> = {},
): Parameters<typeof createGateway> => [
  {
    config: { ...stand.config, ssh: { ...stand.config.ssh, ...ssh } },
    log: new RecordingLog().logger,
  },
  { nativeCryptoLoaded: () => true },
];

test('a missing host key is refused with the command that makes one', async () => {
  const line = await refusal((stand) =>
    context(stand, { hostKeys: [join(stand.directory, 'none')] }),
  );
  assert.equal(
    line,
    "the host key DIR/none cannot be read: it is missing; put it back, or make one with: ssh-keygen -t ed25519 -N '' -f DIR/none",
  );
});

test('a host key that cannot be read is refused, and none is to be made in its place', async () => {
  const line = await refusal((stand) => context(stand, { hostKeys: [stand.directory] }));
  assert.equal(line, 'the host key DIR cannot be read: it is a directory; move it away');
});

test('a host key that is none, is public, or has a passphrase is refused by name', async () => {
  for (const [make, why] of [
    [
      (file: string) => writeFileSync(file, 'nonsense'),
      /Unsupported key format; move it away, then make one with: ssh/,
    ],
    [
      (file: string) =>
        execFileSync('sh', [
          '-c',
          'ssh-keygen -y -f "$1" >"$2"',
          'sh',
          join(file, '..', 'host'),
          file,
        ]),
      /it is a public key; name its private half in ssh.host_keys$/,
    ],
    [
      (file: string) =>
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', file]),
      /ssh-keygen -p -N/,
    ],
  ] as const) {
    const line = await refusal((stand) => {
      const file = join(stand.directory, 'bad');
      make(file);
      return context(stand, { hostKeys: [file] });
    });
    assert.match(line, why);
    assert.match(line, /DIR\/bad cannot be used: /);
  }
});

test('a host key that others can read is refused as sshd refuses it, with the command that mends it', async () => {
  const line = await refusal((stand) => {
    chmodSync(join(stand.directory, 'host'), 0o640);
    return context(stand);
  });
  assert.match(
    line,
    /others can read or write the host key DIR\/host \(mode 640\); .*chmod 600 DIR\/host/,
  );
});

test('a gateway without any host key is refused', async () => {
  assert.match(
    await refusal((stand) => context(stand, { hostKeys: [] })),
    /no host key is configured; set ssh.host_keys/,
  );
});

test('a missing directory of users is refused with the command that makes it', async () => {
  const line = await refusal((stand) => {
    rmSync(stand.config.ssh.usersDirectory, { recursive: true });
    return context(stand);
  });
  assert.match(line, /DIR\/users cannot be read \(ENOENT\); make it with: mkdir -p DIR\/users/);
});

test('a port that is taken is refused with its address', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo;
  const line = await refusal((stand) => context(stand, { listen: { host: '127.0.0.1', port } }));
  await new Promise((resolve) => squatter.close(resolve));
  assert.match(line, new RegExp(`^127\\.0\\.0\\.1:${port} is taken by another process`));
});

test('an address that is not this machine’s is refused', async () => {
  assert.match(
    await refusal((stand) => context(stand, { listen: { host: '192.0.2.1', port: 0 } })),
    /192\.0\.2\.1 is not an address of this machine/,
  );
});

test('a name that nobody knows is refused with the key to set', async () => {
  assert.match(
    await refusal((stand) => context(stand, { listen: { host: 'nohost.invalid', port: 0 } })),
    /^nohost\.invalid of ssh\.listen is no name that this machine knows; set it to an address/,
  );
});

test('ssh2 without its native ciphers is refused with how to build them', async () => {
  const line = await refusal((stand) => [context(stand)[0], { nativeCryptoLoaded: () => false }]);
  assert.match(
    line,
    /native ciphers are not built for this Node \(v\d+.*run \.\/hatchery, which builds them/,
  );
});

test('a drain closes the port, lets a running session end, refuses the next one in words, and then is over', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50 } });
  const control = join(stand.directory, 'mux');
  const master = stand.startSsh([serveLine], ['-M', '-S', control]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  stand.gateway.stop(false);
  assert.equal(stand.log.named('draining')[0]?.fields['sessions'], 1);
  await until('the port to be closed', () =>
    reach(stand.port).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    ),
  );
  const late = new RunningClient('/usr/bin/ssh', [
    ...sshArguments(stand.alice, ['-S', control]),
    serveLine,
  ]);
  const { code, stderr } = await within('the late one to end', late.result);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /hatchery: the service is being drained and takes no new session; try again in a minute/,
  );
  master.process.stdin?.end('finished');
  const ended = await within('the running one to end', master.result);
  assert.deepEqual([ended.code, ended.stdout.toString()], [0, 'finished']);
  await within('the drain', stand.gateway.finished);
});

test('a drain sends idle connections away', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50, drainGraceMs: 50 } });
  const idle = stand.startSsh([], ['-N']);
  await until('the sign-in', () => stand.log.named('signed in').length === 1);
  stand.gateway.stop(false);
  await within('the drain', stand.gateway.finished);
  await within('ssh to end', idle.result);
});

test('a connection that came just before a drain gets the session it came for, and no second one', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50, drainGraceMs: 60_000 } });
  const { client } = await signIn(stand.alice);
  stand.gateway.stop(false);
  const channel = await exec(client, serveLine);
  const second = await exec(client, serveLine);
  const refusal = new Promise<string>((resolve) =>
    second.stderr.once('data', (line) => resolve(String(line))),
  );
  assert.match(await within('the refusal', refusal), /the service is being drained/);
  const echoed = new Promise<string>((resolve) =>
    channel.once('data', (bytes: Buffer) => resolve(String(bytes))),
  );
  channel.end('served');
  assert.equal(await within('the echo', echoed), 'served');
  await within('the drain', stand.gateway.finished);
});

test('a second stop disconnects everybody, and their children are asked to end at once', async () => {
  await using stand = await Stand.open({
    limits: { childFinishMs: 60_000, childHangupMs: 50, lingerMs: 50 },
  });
  stand.forks.script = 'trap "" HUP; echo deaf; while :; do sleep 0.02; done';
  const client = stand.startSsh([serveLine]);
  await until('the child to be deaf', () => client.stdout.length > 0);
  stand.gateway.stop(false);
  stand.gateway.stop(true);
  await within('the stop', stand.gateway.finished);
  assert.equal(stand.forks.livingChildren, 0);
  assert.deepEqual(
    stand.forks.signals.map(({ signal }) => signal),
    ['SIGHUP', 'SIGTERM'],
  );
  assert.notEqual((await within('ssh to end', client.result)).code, 0);
});

test('a drain that takes longer than children_timeout_s ends the same way', async () => {
  await using stand = await Stand.open({ childrenTimeoutS: 0.1, limits: { lingerMs: 50 } });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  stand.gateway.stop(false);
  await within('the stop', stand.gateway.finished);
  assert.equal(
    stand.log.named('disconnecting clients')[0]?.fields['reason'],
    'drain deadline passed',
  );
  await within('ssh to end', client.result);
});

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy())).once(
      'error',
      reject,
    );
  });
}
