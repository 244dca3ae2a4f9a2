import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { Client, sshOptions } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone } from '../test-support/outcome.ts';
import { run, until, type Outcome } from '../test-support/run.ts';
import { statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

const trunk = '~demo/sample/trunk';

let instance: Instance;

useInstanceForEach((started) => {
  ({ instance } = started);
});

test('a gateway or page that an operator stopped refuses new clients with a reason, also while it finishes its sessions, until start', async () => {
  const client = new Client(instance);
  const session = await openSession(instance);
  const page = new URL(instance.ready.dashboard);
  process.kill(await instance.partPid('ssh-gateway'), 'SIGTERM');
  await until('the stop to be told', () =>
    instance.log.includes('ssh-gateway was stopped by SIGTERM'),
  );
  const turnedAway = /hatchery: an operator stopped this service at \d{4}-[^;]+Z; try again later/;
  const refused = await ssh();
  assert.equal(refused.code, 255);
  assert.match(
    refused.stderr,
    /^Received disconnect from 127\.0\.0\.1 port \d+:7: hatchery: an operator stopped/m,
  );
  const pulled = await client.try('revision-history', instance.url(trunk));
  assert.equal(pulled.code, 3);
  assert.match(pulled.stderr, turnedAway);

  session.say('hello\n');
  await until('the session to be answered', () => session.running.stdout() === 'ok\x012\n');
  session.end();
  assertDone(await session.running.outcome);
  await until(
    'the gateway to be stopped',
    async () => (await stateOf('ssh-gateway')) === 'stopped',
  );
  assert.match((await ssh()).stderr, turnedAway);
  const silent = Array.from({ length: 300 }, () => silentClient(instance.ready.ssh.port));
  assert.match((await ssh()).stderr, turnedAway);
  for (const socket of silent) socket.destroy();

  process.kill(await instance.partPid('dashboard'), 'SIGTERM');
  await until('the page to be stopped', async () => (await stateOf('dashboard')) === 'stopped');
  const { stdout } = await curl('--include', page.href);
  assert.match(stdout, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(
    stdout,
    /\r\n\r\nan operator stopped this page at \S+Z; sessions go on without it, and hatchery start/,
  );
  assert.equal(
    (await curl('--data', '{}', '--output', '/dev/null', ...status, page.href)).stdout,
    '503',
  );

  assertDone(await instance.hatchery('start'));
  await client.brz('revision-history', instance.url(trunk));
  assert.equal(
    (await curl('--output', '/dev/null', ...status, new URL('healthz', page).href)).stdout,
    '200',
  );
});

test('start does not wait for the sessions of a fork service that got quit', async () => {
  const session = await openSession(instance);
  const { pid } = await part('forker');
  assert.match(await quit(), /^ok\nquit command requested/);
  await until('the stop to be told', async () => (await part('forker')).state === 'draining');
  const started = await instance.hatchery('start');
  assertDone(started);
  assert.match(
    started.stderr,
    new RegExp(`forker \\(pid ${pid}\\) still serves its sessions; new parts start beside`),
  );
  assert.notEqual((await part('forker')).pid, pid);
  const client = new Client(instance);
  await client.brz('revision-history', instance.url(trunk));

  session.say('hello\n');
  await until('the session to be answered', () => session.running.stdout() === 'ok\x012\n');
  session.end();
  assertDone(await session.running.outcome);
});

/** The fork service's answer to `quit` (docs/reference/fork-protocol.md). */
function quit(): Promise<string> {
  const socket = connect(instance.ready.forkerSocket);
  socket.end('quit\n');
  return text(socket);
}

const status = ['--write-out', '%{http_code}'];

function curl(...words: string[]): Promise<Outcome> {
  return run('curl', ['--silent', ...words]);
}

function ssh(): Promise<Outcome> {
  const { host, port } = instance.ready.ssh;
  const options = sshOptions(instance, `${instance.ready.stateDir}/demo/id_ed25519`);
  return run('ssh', [...options, '-p', String(port), `demo@${host}`, 'bzr', 'serve', '--inet']);
}

/** Connects, sends nothing, and reads nothing. */
function silentClient(port: number): Socket {
  return connect(port, '127.0.0.1')
    .on('error', () => undefined)
    .pause();
}

async function stateOf(name: string): Promise<string | undefined> {
  return (await part(name)).state;
}

async function part(name: string): Promise<{ state?: string; pid?: number | null }> {
  return (await statusOf(instance)).parts.find((one) => one.name === name) ?? {};
}
