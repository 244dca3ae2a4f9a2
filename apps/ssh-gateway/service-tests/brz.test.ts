import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
  makeKey,
  run,
  RunningClient,
  serveLine,
  sshArguments,
  type ClientResult,
  type Destination,
} from '../testing/clients.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The gateway as operators run it: a process of its own, told when it is ready through a descriptor. */
class GatewayProcess {
  readonly #process: ChildProcess;
  stderr = '';

  constructor(stateDirectory: string) {
    const words = [
      main,
      '--state-dir',
      stateDirectory,
      '--config',
      join(stateDirectory, 'hatchery.toml'),
      '--ready-fd',
      '3',
    ];
    this.#process = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  async port(): Promise<number> {
    const ready = Promise.withResolvers<number>();
    const said = this.#process.stdio[3] as Readable;
    let line = '';
    said.on('data', (chunk: Buffer) => (line += chunk.toString()));
    said.once('end', () => {
      if (line === '') ready.reject(new Error(this.stderr));
      else ready.resolve((JSON.parse(line) as { details: { ssh: { port: number } } }).details.ssh.port);
    });
    return within('the gateway to be ready', ready.promise);
  }

  /** What it logged with this message. */
  readonly lines = (message: string): object[] => {
    const logged = this.stderr.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return logged.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg === message);
  };

  kill(signal: NodeJS.Signals): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    return within('the gateway to end', ended);
  }
}

let directory: TemporaryDirectory;
let baseline: Baseline;
let forker: ForkerProcess;
let gateway: GatewayProcess;
let alice: Destination;

before(async () => {
  baseline = takeBaseline();
  directory = temporaryDirectory();
  const state = directory.path;
  forker = await ForkerProcess.start(state, { config: '[ssh]\nlisten = "127.0.0.1:0"\n[log]\nformat = "json"\n' });
  const key = makeKey(state, 'alice-key');
  makeKey(state, 'ssh_host_ed25519_key');
  mkdirSync(join(state, 'users', 'alice'), { recursive: true });
  cpSync(`${key}.pub`, join(state, 'users', 'alice', 'authorized_keys'));
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

/** Runs a real brz as alice, with an ssh that knows her key and a home of its own. */
async function brz(words: readonly string[]): Promise<ClientResult> {
  const home = join(directory.path, 'home');
  mkdirSync(home, { recursive: true });
  const ssh = join(home, 'ssh');
  const known = sshArguments(alice)
    .slice(0, -3)
    .map((word) => `'${word}'`);
  writeFileSync(ssh, `#!/bin/sh\nexec /usr/bin/ssh ${known.join(' ')} "$@"\n`);
  chmodSync(ssh, 0o755);
  const environment = [`HOME=${home}`, `BRZ_HOME=${home}`, `BRZ_SSH=${ssh}`, 'BRZ_EMAIL=Alice <alice@example.com>'];
  return run('/usr/bin/env', [...environment, '/usr/bin/brz', ...words], '');
}

function url(path: string): string {
  return `bzr+ssh://alice@127.0.0.1:${alice.port}/~alice/${path}`;
}

test('the smart server answers hello', async () => {
  const { code, stdout } = await run('/usr/bin/ssh', [...sshArguments(alice), serveLine], 'hello\n');
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

test('a client that is killed leaves no child behind', async () => {
  const { client, childPid } = await idleSession(gateway, alice);
  client.process.kill('SIGKILL');
  await until('the child to be gone', () => !isRunning(childPid));
});

test('a gateway that is killed leaves no child behind', async () => {
  const second = new GatewayProcess(directory.path);
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
