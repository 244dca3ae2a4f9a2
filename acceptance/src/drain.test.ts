import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { within } from '@hatchery/testkit';
import { type Client, sshOptions } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;

useInstance((started) => {
  ({ instance, client } = started);
});

const drainedFor = (reason: string): RegExp =>
  new RegExp(
    `hatchery: the service is being drained and takes no new connection: ${reason}; try again in a minute`,
  );
const trunk = '~demo/sample/trunk';

test('a drained service lets a session finish, shows it with its deadline, tells new clients why, and comes back', async () => {
  const held = await hold();
  const drain = assertDone(
    await instance.hatchery('drain', '--deadline', '3600', '--reason', 'a new disk'),
  );
  assert.match(drain, /^draining: no new session is taken/);
  assert.match(
    drain,
    /^1 session may finish until \d{4}-\d\d-\d\dT\S+Z; then they are disconnected with a message$/m,
  );
  assert.match(drain, /^demo +127\.0\.0\.1:\d+ +/m);
  const status = JSON.parse(assertDone(await instance.hatchery('status', '--json'))) as Status;
  assert.equal(status.draining, true);
  assert.equal(status.parts.find(({ name }) => name === 'ssh-gateway')?.state, 'draining');
  assert.ok(Date.parse(status.drainDeadline ?? '') > Date.now() + 3_000_000);
  assertRefused(await client.try('info', instance.url(trunk)), 3, drainedFor('a new disk'));
  assert.equal(await held.ask('hello\n'), 'ok\u00012\n', 'the held session is still served');
  assert.deepEqual(await held.end(), { code: 0, stderr: '' });
  assertDone(await instance.hatchery('undrain', '--reason', 'it is in'));
  await client.brz('info', instance.url(trunk));
  assert.match(assertDone(await instance.hatchery('status')), /^ssh-gateway +ready /m);
});

test('a drain from the page leads to the same state, and so does its end', async () => {
  const { origin } = new URL(instance.ready.dashboard);
  const cookie = await instance.signIn(instance.ready.dashboardSignIn);
  const press = async (verb: string): Promise<number> => {
    const headers = { origin, cookie, 'content-type': 'application/json' };
    const body = JSON.stringify({ reason: 'a test' });
    return (await fetch(`${origin}/api/${verb}`, { method: 'POST', headers, body })).status;
  };
  assert.equal(await press('drain'), 202);
  await until('the gateway to drain', async () => (await gatewayState()) === 'draining');
  assertRefused(await client.try('info', instance.url(trunk)), 3, drainedFor('a test'));
  assert.equal(await press('undrain'), 202);
  await until('the gateway to take connections', async () => (await gatewayState()) === 'ready');
  await client.brz('info', instance.url(trunk));
  // Drain by one way and undrain by the other.
  assertDone(await instance.hatchery('drain'));
  assert.equal(await press('undrain'), 202);
  await until('the gateway to take connections', async () => (await gatewayState()) === 'ready');
  await client.brz('info', instance.url(trunk));
});

test('a client that is still connected at the deadline reads why the connection ends', async () => {
  const held = await hold();
  assertDone(await instance.hatchery('drain', '--deadline', '0'));
  const { code, stderr } = await held.ended;
  assert.equal(code, 255);
  assert.match(
    stderr,
    /hatchery: the service is restarting \(drain deadline passed\); try again in a minute/,
  );
  assertDone(await instance.hatchery('undrain'));
});

test('the log says afterwards who came, who was refused, and who did what', async () => {
  await until('the sessions to be told', async () => (await told('sessions')).length >= 5);
  const sessions = await told('sessions', '--user', 'demo');
  assert.ok(sessions.every(({ state, reason }) => state === 'ended' && typeof reason === 'string'));
  assert.ok(
    sessions.some(({ branch }) => typeof branch === 'string' && branch.includes('sample/trunk')),
  );
  const kinds = new Set((await told('audit', '--limit', '1000')).map(({ kind }) => kind));
  for (const kind of ['sign-in.accepted', 'connection.refused', 'action.requested'])
    assert.ok(kinds.has(kind), kind);
  const actions = await told('audit', '--kind', 'action');
  assert.ok(
    actions.some(
      ({ part, verb, reason }) => part === 'forker' && verb === 'drain' && reason === 'a new disk',
    ),
  );
  assert.ok(actions.every(({ outcome }) => typeof outcome === 'string'));
  assert.match(
    assertDone(await instance.hatchery('audit', '--user', 'demo')),
    /^\S+ \S+Z +demo +signed in /m,
  );
});

async function told(...words: string[]): Promise<Record<string, unknown>[]> {
  const printed = assertDone(await instance.hatchery(...words, '--json'));
  return JSON.parse(printed) as Record<string, unknown>[];
}

interface Status {
  readonly parts: readonly { readonly name: string; readonly state: string }[];
  readonly draining: boolean;
  readonly drainDeadline: string | null;
}

async function gatewayState(): Promise<string | undefined> {
  const { parts } = JSON.parse((await instance.hatchery('status', '--json')).stdout) as Status;
  return parts.find(({ name }) => name === 'ssh-gateway')?.state;
}

interface Held {
  /** Sends one request of the smart protocol and returns the reply. */
  ask(request: string): Promise<string>;
  end(): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** An open session that has answered once. */
async function hold(): Promise<Held> {
  const { host, port } = instance.ready.ssh;
  const options = sshOptions(instance, join(instance.ready.stateDir, 'demo', 'id_ed25519'));
  const words = [
    '-p',
    `${port}`,
    '-l',
    'demo',
    host,
    'bzr serve --inet --directory=/ --allow-writes',
  ];
  const ssh = spawn('ssh', [...options, ...words], { stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  ssh.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  ssh.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = within(
    'ssh to end',
    new Promise<Ended>((resolve) => ssh.once('close', (code) => resolve({ code, stderr }))),
    120_000,
  );
  const ask = async (request: string): Promise<string> => {
    stdout = '';
    ssh.stdin.write(request);
    return until('a reply', () => (stdout.endsWith('\n') ? stdout : null));
  };
  await ask('hello\n');
  return { ask, ended, end: () => (ssh.stdin.end(), ended) };
}
