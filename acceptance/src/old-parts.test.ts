import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Client } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { oldPids, restart, statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

interface Session {
  readonly state: string;
  readonly oldGateway: number | null;
}

const trunk = '~demo/sample/trunk';

let instance: Instance;
let client: Client;

useInstanceForEach((started) => {
  ({ instance, client } = started);
});

test('after a restart each old part is shown with what it waits for, and disappears with its last session', async () => {
  const [gateway, forker] = [
    await instance.partPid('ssh-gateway'),
    await instance.partPid('forker'),
  ];
  const first = await openSession(instance);
  assert.deepEqual((await statusOf(instance)).oldParts, []);
  await restart(instance);
  const second = await openSession(instance);
  const text = assertDone(await instance.hatchery('status'));
  const instant = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
  const line = `^old ssh-gateway \\(pid ${gateway}\\) has drained since ${instant}: 1 session, until ${instant} at most$`;
  assert.match(text, new RegExp(line, 'm'));
  assert.match(
    text,
    new RegExp(`^old forker \\(pid ${forker}\\) has drained since ${instant}: 1 session$`, 'm'),
  );
  const listed = await sessions();
  assert.deepEqual(
    listed.map(({ state, oldGateway }) => [state, oldGateway]),
    [
      ['running', null],
      ['running', gateway],
    ],
  );
  assert.match(
    assertDone(await instance.hatchery('sessions')),
    new RegExp(` running, old gateway ${gateway} `),
  );

  const middle = await instance.partPid('ssh-gateway');
  await restart(instance);
  assert.deepEqual(
    oldPids(await statusOf(instance), 'ssh-gateway'),
    [gateway, middle],
    'one of each restart, the oldest first',
  );
  for (const { end, running } of [first, second]) {
    end();
    assertDone(await running.outcome);
  }
  await until('the old ones to go', async () => (await statusOf(instance)).oldParts.length === 0);
  assert.doesNotMatch(assertDone(await instance.hatchery('status')), /^old /m);
  assert.ok(
    (await sessions()).every(({ state, oldGateway }) => state === 'ended' && oldGateway === null),
  );
});

test('a killed old gateway is no longer shown, and the next restart removes what it left', async () => {
  const { session, gateway } = await restartUnder();
  process.kill(gateway, 'SIGKILL');
  await session.running.outcome;
  await until(
    'the old ones to be out of sight',
    async () => (await statusOf(instance)).oldParts.length === 0,
  );
  assert.ok(namesOf(gateway).length > 0, 'there is something to collect');
  assert.match(assertDone(await instance.hatchery('sessions')), /^STARTED|^no session/);
  await restart(instance);
  assert.deepEqual(namesOf(gateway), []);
});

test('what a killed old gateway left is removed with the service at the latest', async () => {
  const { session, gateway } = await restartUnder();
  process.kill(gateway, 'SIGKILL');
  await session.running.outcome;
  await until(
    'it to be out of sight',
    async () => oldPids(await statusOf(instance), 'ssh-gateway').length === 0,
  );
  assert.ok(namesOf(gateway).length > 0, 'there is something to collect');
  // The end of each test proves that nothing is left.
});

test('an old part that does not answer is named, and delays nothing', async () => {
  const { session, gateway, forker } = await restartUnder();
  let seen = await statusOf(instance);
  await until(
    () => `both to drain, not ${JSON.stringify(seen)}`,
    async () => {
      seen = await statusOf(instance);
      return seen.oldParts.length === 2 && seen.oldParts.every(({ sessions }) => sessions === 1);
    },
  );
  for (const pid of [gateway, forker]) process.kill(pid, 'SIGSTOP');
  try {
    const { oldParts } = await statusOf(instance);
    assert.deepEqual(
      oldParts.map(({ pid, state, sessions }) => [pid, state, sessions]),
      [
        [gateway, 'failed', null],
        [forker, 'failed', null],
      ],
    );
    const text = assertDone(await instance.hatchery('status'));
    assert.match(
      text,
      new RegExp(`^old ssh-gateway \\(pid ${gateway}\\) should drain: no answer on .* within`, 'm'),
    );
    assertRefused(
      await instance.hatchery('sessions'),
      1,
      /the sessions of the old ssh gateway .* are not known: no ans/,
    );
    assertRefused(
      await instance.hatchery('drain', '--old'),
      1,
      /the old ssh gateway on .* gives no answer/,
    );
    await client.brz('info', instance.url(trunk));
  } finally {
    for (const pid of [gateway, forker]) process.kill(pid, 'SIGCONT');
  }
  session.end();
  assertDone(await session.running.outcome);
});

test('only the old sessions get a deadline, while new ones are accepted', async () => {
  assert.match(
    assertDone(await instance.hatchery('drain', '--old', '--deadline', '0')),
    /^no old ssh gateway runs$/m,
  );
  const { session, gateway } = await restartUnder();
  const newer = await openSession(instance);
  const line = new RegExp(`^old ssh-gateway \\(pid ${gateway}\\): 1 session finishes$`, 'm');
  assert.match(assertDone(await instance.hatchery('drain', '--old', '--deadline', '3600')), line);
  const deadline = async (): Promise<number> => {
    const { oldParts } = await statusOf(instance);
    return Date.parse(oldParts.find(({ pid }) => pid === gateway)?.drainDeadline ?? '');
  };
  assert.ok((await deadline()) < Date.now() + 1000 * 3600);
  assertDone(await instance.hatchery('undrain', '--old'));
  assert.ok((await deadline()) > Date.now() + 1000 * 3600);
  await client.brz('info', instance.url(trunk));
  assertDone(await instance.hatchery('drain', '--old', '--deadline', '0'));
  assertRefused(
    await session.running.outcome,
    255,
    /the service is restarting \(drain deadline passed\)/,
  );
  assert.equal((await statusOf(instance)).draining, false);
  newer.end();
  assertDone(await newer.running.outcome);
});

/** A session of a gateway and a forker that a restart has replaced. */
async function restartUnder(): Promise<{
  readonly session: Awaited<ReturnType<typeof openSession>>;
  readonly gateway: number;
  readonly forker: number;
}> {
  const session = await openSession(instance);
  const [gateway, forker] = [
    await instance.partPid('ssh-gateway'),
    await instance.partPid('forker'),
  ];
  await restart(instance);
  return { session, gateway, forker };
}

async function sessions(): Promise<Session[]> {
  return JSON.parse(assertDone(await instance.hatchery('sessions', '--json'))) as Session[];
}

/** The files of a replaced process in the runtime directory. */
function namesOf(pid: number): string[] {
  const directory = join(instance.directory, 'run');
  assert.ok(existsSync(directory));
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(`.${pid}-`),
  );
}
