import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { until, within } from '@hatchery/testkit';
import { run, RunningClient, serveLine, sshArguments } from '../../../testing/clients.ts';
import { ask, controlOf, metricOf } from '../../../testing/control.ts';
import { sshPrograms } from '../../../testing/ssh-programs.ts';
import { Stand } from '../../../testing/stand.ts';

/** Five megabytes in which a lost, doubled or moved byte is noticed. */
const content = Buffer.from(
  Array.from({ length: 640_000 }, (_, number) => `${number} `).join(''),
).subarray(0, 5_000_000);

/**
 * How each client shows our reason for refusing a connection. Dropbear and paramiko do not show the
 * text.
 */
const toldOfRefusal = {
  OpenSSH:
    /the service is being drained and takes no new connection: a test; try again in a minute/,
  dbclient: /Disconnect received/,
  plink: /the service is being drained and takes no new connection: a test; try again in a minute/,
  paramiko: /SSHException/,
} as const;

for (const name of ['OpenSSH', 'dbclient', 'plink', 'paramiko'] as const) {
  test(`${name}: five megabytes go there and back, with stderr and the exit status`, async () => {
    await using stand = await Stand.open();
    const client = sshPrograms(stand.alice, join(stand.directory, 'host.pub')).find(
      (one) => one.name === name,
    );
    assert.ok(client !== undefined);
    stand.forks.script = 'cat; echo "a warning" >&2; exit 7';
    const { code, stdout, stderr } = await run(
      client.program,
      [...client.argv, serveLine],
      content,
    );
    assert.equal(stdout.equals(content), true, `${stdout.length} bytes: ${stderr}`);
    assert.match(stderr, /a warning/);
    assert.equal(code, 7);
  });

  test(`${name}: the user reads a refusal, with exit status 1`, async () => {
    await using stand = await Stand.open();
    const client = sshPrograms(stand.alice, join(stand.directory, 'host.pub')).find(
      (one) => one.name === name,
    );
    assert.ok(client !== undefined);
    const { code, stderr } = await run(client.program, [...client.argv, 'rm -rf /'], '');
    assert.match(stderr, /hatchery: "rm" is not run here/);
    assert.equal(code, 1);
  });

  test(`${name}: a refused connection ends with the client’s message, or ours`, async () => {
    await using stand = await Stand.open();
    const client = sshPrograms(stand.alice, join(stand.directory, 'host.pub')).find(
      (one) => one.name === name,
    );
    assert.ok(client !== undefined);
    await ask(controlOf(stand), '/v1/drain', { actor: 'ops', reason: 'a test' });
    const { code, stdout, stderr } = await run(client.program, [...client.argv, serveLine], '');
    assert.match(`${stdout.toString()}${stderr}`, toldOfRefusal[name]);
    // Dropbear's client ends with 0 after any disconnect message.
    if (name !== 'dbclient') assert.notEqual(code, 0);
  });

  test(`${name}: killed in the middle of a transfer, it leaves no child behind`, async () => {
    await using stand = await Stand.open({ limits: { childFinishMs: 50, childHangupMs: 50 } });
    const program = sshPrograms(stand.alice, join(stand.directory, 'host.pub')).find(
      (one) => one.name === name,
    );
    assert.ok(program !== undefined);
    stand.forks.script = 'exec cat /dev/zero';
    const client = new RunningClient(program.program, [...program.argv, serveLine]);
    client.process.stdout?.pause();
    await until('the session', () => stand.log.named('session opened').length === 1);
    client.process.kill('SIGKILL');
    await until('the child to be gone', () => stand.forks.livingChildren === 0);
  });
}

test('OpenSSH multiplexing: eight sessions at once over one connection, each with its own data and status', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'read n; echo "said $n"; cat; exit $n';
  const control = join(stand.directory, 'mux');
  const master = stand.startSsh([], ['-N', '-M', '-S', control]);
  await until('the sign-in', () => stand.log.named('signed in').length === 1);
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
  const argv = [...sshArguments(stand.alice, ['-S', control, '-o', 'ControlMaster=no']), serveLine];
  const results = await Promise.all(
    numbers.map((number) =>
      run('/usr/bin/ssh', argv, Buffer.concat([Buffer.from(`${number}\n`), content])),
    ),
  );
  for (const [number, { code, stdout }] of results.entries()) {
    assert.equal(code, number);
    assert.equal(
      stdout.equals(Buffer.concat([Buffer.from(`said ${number}\n`), content])),
      true,
      String(number),
    );
  }
  assert.equal(stand.log.named('signed in').length, 1);
  master.process.kill();
  await within('the master to end', master.result);
});

test('OpenSSH with RekeyLimit=1M: the client rekeys in both directions, and nothing is lost', async () => {
  await using stand = await Stand.open();
  const { code, stdout, stderr } = await stand.ssh([serveLine], content, ['-o', 'RekeyLimit=1M']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.equals(content), true);
  const rekeys = await metricOf(stand, 'hatchery_ssh_rekeys_total');
  assert.ok(rekeys !== null && rekeys >= 4, `${rekeys} times`);
});

test('OpenSSH with Compression=yes: the session runs uncompressed', async () => {
  await using stand = await Stand.open();
  const { code, stdout, stderr } = await stand.ssh([serveLine], content, [
    '-o',
    'Compression=yes',
    '-v',
  ]);
  assert.equal(code, 0);
  assert.equal(stdout.equals(content), true);
  assert.match(stderr, /compression: none/);
});
