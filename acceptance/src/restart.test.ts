import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Child } from '@hatchery/events';
import { OldClient } from '@hatchery/testkit';
import type { Client } from '../test-support/client.ts';
import { makeHistory } from '../test-support/history.ts';
import { configText, type Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { stateOf, statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;

useInstanceForEach((started) => {
  ({ instance, client } = started);
});

test('a restart under running sessions and a stream of new ones refuses none and loses none', async () => {
  const old = await pids();
  const sessions = await Promise.all([1, 2, 3, 4, 5, 6].map(() => openSession(instance)));
  using raw = await OldClient.fork(instance.ready.forkerSocket, 'fork launchpad-replay\n');
  const peer = raw.open();
  const history = await makeHistory(client, 'history', { revisions: 60, files: 20 }, 3);
  const sessionPids = (await instance.children()).map(({ pid }) => pid);
  const stream = [1, 2].map((number) => new Stream(number));
  const push = client.start('push', '-q', '-d', history, instance.url('~demo/project/pushed'));

  const outcome = await instance.hatchery('restart');
  assert.match(
    assertDone(outcome),
    /^starting dashboard\n.*starting forker\nhatchery was restarted: /s,
  );
  assertDone(await push.outcome);
  const counts = await Promise.all(stream.map((one) => one.stop()));
  assert.ok(counts.every((count) => count > 0));

  const next = await pids();
  for (const name of ['forker', 'zygote', 'ssh-gateway', 'dashboard'])
    assert.notEqual(next[name], old[name], name);
  assert.equal(next['keeper'], old['keeper'], 'the keeper is the parent of all sessions');
  // Bytes still flow both ways, and each session ends with its own status.
  for (const session of sessions) session.say('hello\n');
  await until('answers', () => sessions.every(({ running }) => running.stdout() === 'ok\x012\n'));
  for (const { running, end } of sessions) {
    end();
    assertDone(await running.outcome);
  }
  peer.send('3 no such channel\n');
  assert.equal(
    await raw.exited(),
    3 << 8,
    'a client of the fork socket hears it on its own connection',
  );
  const ended = await until('the end of all on record', async () => {
    const ours = (await recentChildren()).filter(({ pid }) => sessionPids.includes(pid));
    return ours.length === sessionPids.length ? ours : null;
  });
  for (const { exit, rusage } of ended)
    assert.ok(exit?.status !== null && (rusage?.maxRssBytes ?? 0) > 0);
  await until('the old ones to go', () =>
    ['forker', 'ssh-gateway', 'dashboard'].every((name) => !lives(old[name])),
  );
  assert.equal(
    await client.brz('revision-history', instance.url('~demo/project/pushed')),
    await revisions(history),
  );
});

test('a restart applies a changed configuration', async () => {
  assert.equal(existsSync(join(instance.directory, 'hosting')), false);
  configure(`[hosting]\nroot = "${instance.directory}/hosting"\n[forker]\nmax_children = 1\n`);
  assertDone(await instance.hatchery('restart'));
  await client.brz('init', '-q', 'fresh');
  await client.brz('push', '-q', '-d', 'fresh', instance.url('~demo/project/fresh'));
  assert.ok(existsSync(join(instance.directory, 'hosting/~demo/project/fresh/.bzr')));
  const session = await openSession(instance);
  const refused = await client.try('revision-history', instance.url('~demo/project/fresh'));
  assertRefused(refused, 3, /all 1 children|max_children/);
  session.end();
  assertDone(await session.running.outcome);
  // Twice in a row, with sessions from every generation.
  configure('');
  const [first] = await Promise.all([openSession(instance), instance.hatchery('restart')]);
  const second = await openSession(instance);
  assertDone(await instance.hatchery('restart'));
  for (const { running, end } of [first, second]) {
    end();
    assertDone(await running.outcome);
  }
});

for (const [what, extra, expected] of [
  [
    'a file that is wrong',
    '[forker]\nmax_childern = 3\n',
    /hatchery\.toml:9: forker\.max_childern: unknown key/,
  ],
  [
    'a zygote that cannot run',
    '[forker]\nrun_as = "nobody-of-this-name"\n',
    /restart: forker: .*run_as/,
  ],
] as const) {
  test(`${what}: the old ones continue, the error is reported, and the exit code is 1`, async () => {
    const old = await pids();
    const session = await openSession(instance);
    configure(extra);
    const outcome = await instance.hatchery('restart');
    assertRefused(outcome, 1, expected);
    configure('');
    assert.deepEqual(await pids(), old);
    await client.brz('revision-history', instance.url('~demo/sample/trunk'));
    session.end();
    assertDone(await session.running.outcome);
    assertDone(await instance.hatchery('restart'));
    assert.notDeepEqual(await pids(), old);
  });
}

test('a gateway or a page that fails to start changes nothing, whatever had started before it', async () => {
  const old = await pids();
  const stream = new Stream(1);
  for (const [text, expected] of [
    [
      configText(instance.directory, '').replace(
        '[ssh]',
        `[ssh]\nuser_ca_keys = "${instance.directory}/none"`,
      ),
      /none/,
    ],
    [
      configText(instance.directory, '').replace('[dashboard]', '[dashboard]\nauth = "oidc"'),
      /oidc/,
    ],
  ] as const) {
    writeFileSync(instance.config, text);
    assertRefused(await instance.hatchery('restart'), 1, expected);
    configure('');
    assert.deepEqual(await pids(), old);
  }
  assert.ok((await stream.stop()) > 0);
  assert.match(assertDone(await instance.hatchery('status')), /ssh-gateway +ready/);
});

test('the audit records who asked for a restart', async () => {
  assertDone(await instance.hatchery('restart'));
  assert.match(
    assertDone(await instance.hatchery('audit')),
    /^\S+ \S+ +root \(cli\) +hand over forker .*restart/m,
  );
});

test('of two restarts at once one is refused, and everything serves', async () => {
  const outcomes = await Promise.all([instance.hatchery('restart'), instance.hatchery('restart')]);
  const [done, refused] = outcomes.sort((a, b) => Number(a.code) - Number(b.code));
  assertDone(done ?? assert.fail());
  assertRefused(refused ?? assert.fail(), 1, /another restart is under way/);
  await client.brz('revision-history', instance.url('~demo/sample/trunk'));
});

test('after a restart the parts are supervised as before it', async () => {
  assertDone(await instance.hatchery('restart'));
  for (const name of ['forker', 'ssh-gateway']) {
    const { [name]: pid = 0 } = await pids();
    process.kill(pid, 'SIGKILL');
    await until(`another ${name}`, async () => {
      const found = (await pids())[name];
      return found !== undefined && found !== pid && found > 0;
    });
  }
});

/** Runs brz again and again; each run must succeed. */
class Stream {
  #stopped = false;
  readonly #running: Promise<number>;

  constructor(number: number) {
    this.#running = this.#run(number);
    this.#running.catch(() => undefined);
  }

  stop(): Promise<number> {
    this.#stopped = true;
    return this.#running;
  }

  async #run(number: number): Promise<number> {
    let count = 0;
    for (; !this.#stopped; count += 1) {
      await client.brz(
        'branch',
        '-q',
        instance.url('~demo/sample/trunk'),
        `copy-${number}-${count}`,
      );
    }
    return count;
  }
}

function configure(extra: string): void {
  writeFileSync(instance.config, configText(instance.directory, extra));
}

async function pids(): Promise<Record<string, number>> {
  const { parts } = await statusOf(instance);
  return Object.fromEntries(parts.map(({ name, pid }) => [name, pid]));
}

/** The ended children, from the fork service. */
async function recentChildren(): Promise<readonly Child[]> {
  const { view } = await stateOf<{ readonly view: { readonly recentChildren: readonly Child[] } }>(
    instance,
    'control',
  );
  return view.recentChildren;
}

async function revisions(branch: string): Promise<string> {
  return client.brz('revision-history', branch);
}

function lives(pid: number | undefined): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
