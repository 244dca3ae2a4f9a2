import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
  type Baseline,
  type TemporaryDirectory,
} from '@hatchery/testkit';
import {
  run,
  RunningClient,
  serveLine,
  sshArguments,
  type ClientResult,
  type Destination,
} from '../testing/clients.ts';
import { makeFirstUse } from '../testing/first-use.ts';
import { GatewayProcess } from '../testing/gateway-process.ts';
import { writeBrzSsh } from '../testing/brz-ssh.ts';

let directory: TemporaryDirectory;
let baseline: Baseline;
let forker: ForkerProcess;
let gateway: GatewayProcess;
let alice: Destination;

before(async () => {
  baseline = takeBaseline();
  directory = temporaryDirectory();
  const state = directory.path;
  forker = await ForkerProcess.start(state, {
    config: '[ssh]\nlisten = "127.0.0.1:0"\n[log]\nformat = "json"\n',
  });
  const key = makeFirstUse(state, 'alice');
  gateway = new GatewayProcess(state);
  alice = { directory: state, port: await gateway.port(), user: 'alice', key };
});

after(async () => {
  try {
    assert.equal(await gateway.kill('SIGTERM'), 0);
    await forker.stop();
    await forker[Symbol.asyncDispose]();
    await assertNothingLeft(directory.path, baseline);
  } finally {
    directory[Symbol.dispose]();
  }
});

/** Runs a real brz as alice, with the ssh client of that name and a home of its own. */
async function brz(words: readonly string[], client = 'OpenSSH'): Promise<ClientResult> {
  const home = join(directory.path, 'home');
  mkdirSync(home, { recursive: true });
  const ssh = writeBrzSsh(client, alice, join(directory.path, 'ssh_host_ed25519_key.pub'), home);
  const environment = [
    `HOME=${home}`,
    `BRZ_HOME=${home}`,
    `BRZ_SSH=${ssh}`,
    'BRZ_EMAIL=Alice <alice@example.com>',
  ];
  return run('/usr/bin/env', [...environment, '/usr/bin/brz', ...words], '');
}

function url(path: string): string {
  return `bzr+ssh://alice@127.0.0.1:${alice.port}/~alice/${path}`;
}

test('the smart server answers hello', async () => {
  const { code, stdout } = await run(
    '/usr/bin/ssh',
    [...sshArguments(alice), serveLine],
    'hello\n',
  );
  assert.deepEqual([code, stdout.toString('latin1')], [0, 'ok\x012\n']);
});

test('a real brz pushes a branch and gets the same one back', async () => {
  const tree = join(directory.path, 'tree');
  const copy = join(directory.path, 'copy');
  const bytes = Buffer.alloc(3_000_000, 'some content ');
  for (const words of [['init', tree]]) assert.equal((await brz(words)).code, 0);
  writeFileSync(join(tree, 'file'), bytes);
  for (const words of [
    ['add', tree],
    ['commit', '-m', 'first', tree],
    ['push', '-d', tree, '--create-prefix', url('project/trunk')],
    ['branch', url('project/trunk'), copy],
  ]) {
    const { code, stderr } = await brz(words);
    assert.equal(code, 0, `brz ${words.join(' ')}: ${stderr}`);
  }
  const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
  assert.equal(digest(readFileSync(join(copy, 'file'))), digest(bytes));
});

for (const client of ['dbclient', 'plink', 'paramiko']) {
  test(`a real brz pushes and branches through ${client}`, async () => {
    const [tree, copy] = [
      join(directory.path, `tree-${client}`),
      join(directory.path, `copy-${client}`),
    ];
    for (const words of [
      ['init', tree],
      ['commit', '--unchanged', '-m', `by ${client}`, tree],
    ])
      assert.equal((await brz(words)).code, 0);
    for (const words of [
      ['push', '-d', tree, '--create-prefix', url(`${client}/trunk`)],
      ['branch', url(`${client}/trunk`), copy],
    ]) {
      const { code, stderr } = await brz(words, client);
      assert.equal(code, 0, `brz ${words.join(' ')}: ${stderr}`);
    }
    assert.match((await brz(['log', copy])).stdout.toString(), new RegExp(`by ${client}`));
    const branches = (gateway.lines('session closed') as { branch: string | null }[]).map(
      ({ branch }) => branch,
    );
    assert.ok(
      branches.includes(`~alice/${client}/trunk`),
      `the access lines name it: ${branches.join(', ')}`,
    );
  });
}

test('a client that is killed leaves no child behind', async () => {
  const { client, childPid } = await idleSession(gateway, alice);
  client.process.kill('SIGKILL');
  await until('the child to be gone', () => !isRunning(childPid));
});

test('a gateway that is killed leaves no child behind', async () => {
  // With a state of its own: beside the first one's it would share the port, and who gets a client
  // is the kernel's choice.
  using own = temporaryDirectory();
  const state = directory.path;
  const ssh = `listen = "127.0.0.1:0"\nhost_keys = ["${state}/ssh_host_ed25519_key"]\nusers_dir = "${state}/users"`;
  const config = `[ssh]\n${ssh}\n[forker]\nsocket = "${forker.socket}"\n[log]\nformat = "json"\n`;
  writeFileSync(join(own.path, 'hatchery.toml'), config);
  const second = new GatewayProcess(own.path);
  const { client, childPid } = await idleSession(second, { ...alice, port: await second.port() });
  await second.kill('SIGKILL');
  await until('the child to be gone', () => !isRunning(childPid));
  assert.notEqual((await within('ssh to end', client.result)).code, 0);
});

/** A session in which the smart server has answered once and waits. */
async function idleSession(
  { lines }: GatewayProcess,
  destination: Destination,
): Promise<{ client: RunningClient; childPid: number }> {
  const opened = (): { pid: number }[] => lines('session opened') as { pid: number }[];
  const before = opened().length;
  const client = new RunningClient('/usr/bin/ssh', [...sshArguments(destination), serveLine]);
  client.process.stdin?.write('hello\n');
  await until('the answer', () => client.stdout.length > 0);
  const [session] = opened().slice(before);
  assert.ok(session !== undefined && isRunning(session.pid));
  return { client, childPid: session.pid };
}
