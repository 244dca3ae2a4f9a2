import assert from 'node:assert/strict';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { makeKey, run, serveLine, sshArguments } from '../../testing/clients.ts';
import { ask, controlOf, metricOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';

const system = (stand: Stand): Promise<number | null> =>
  metricOf(stand, 'hatchery_ssh_session_results_total{result="system"}');

const withLists = {
  ssh: (directory: string) => {
    const lists = {
      revokedKeys: join(directory, 'revoked'),
      userAuthorities: join(directory, 'authorities'),
    };
    for (const path of Object.values(lists)) writeFileSync(path, '');
    return lists;
  },
};

/** Nobody can sign in any more, each time in another way. */
const outages: readonly (readonly [what: string, breakIt: (stand: Stand) => void])[] = [
  [
    'the list of revoked keys is gone',
    ({ directory }) => renameSync(join(directory, 'revoked'), join(directory, 'x')),
  ],
  [
    'the list of revoked keys is damaged',
    ({ directory }) => writeFileSync(join(directory, 'revoked'), 'SSHKRL\n\0no'),
  ],
  [
    'the directory of users is gone',
    ({ directory }) => renameSync(join(directory, 'users'), join(directory, 'x')),
  ],
  [
    'anybody may write the authorities',
    ({ directory }) => chmodSync(join(directory, 'authorities'), 0o666),
  ],
];

for (const [what, breakIt] of outages)
  test(`that ${what} is an error of ours, for each connection that it keeps out`, async () => {
    await using stand = await Stand.open(withLists);
    assert.equal((await stand.ssh([serveLine], '')).code, 0);
    assert.equal(await system(stand), 0);
    assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
    breakIt(stand);
    for (const turn of [1, 2]) {
      assert.match((await stand.ssh([serveLine], '')).stderr, /sign-in is temporarily unavailable/);
      await until('it is counted', async () => (await system(stand)) === turn);
    }
    assert.equal(
      await metricOf(stand, 'hatchery_ssh_sign_ins_refused_total{reason="keys-unavailable"}'),
      2,
    );
    const { status, text } = await ask(controlOf(stand), '/readyz');
    assert.equal(status, 503);
    assert.match(text, /^(ssh\.(revoked_keys|user_ca_keys)|the directory of users) \//);
  });

test('a wrong key, one that is too short and a client without any are no errors of ours', async () => {
  await using stand = await Stand.open();
  const other = makeKey(stand.directory, 'other');
  const short = makeKey(stand.directory, 'short', ['-t', 'rsa', '-b', '1024']);
  const refusedFor = (reason: string): Promise<number | null> =>
    metricOf(stand, `hatchery_ssh_sign_ins_refused_total{reason="${reason}"}`);
  const signIn = (key: string): ReturnType<typeof run> =>
    run(
      '/usr/bin/ssh',
      [...sshArguments({ ...stand.alice, key }, ['-o', 'RequiredRSASize=1024']), serveLine],
      '',
    );
  await signIn(other);
  await until('the wrong key is counted', async () => (await refusedFor('unknown-key')) === 1);
  await signIn(short);
  await until('the short key is counted', async () => (await refusedFor('short-rsa-key')) === 1);
  await stand.ssh([serveLine], '', ['-o', 'PubkeyAuthentication=no']);
  await until('the one without a key is counted', async () => (await refusedFor('no-key')) === 1);
  assert.equal(await system(stand), 0);
});

const refusals = [
  [
    'alice has 2 of 2 sessions in use (max_children_per_user); end one, or try again in a minute',
    'children-per-user',
  ],
  [
    'the service is full: 5 of 5 sessions are in use (max_children); try again in 3 s',
    'service-full',
  ],
  [
    'the service is being drained and takes no new session; try again in a minute',
    'fork-service-draining',
  ],
  ['the zygote does not start: importing breezy: No module named breezy', 'zygote-broken'],
] as const;

test('each refusal of the fork service has its own counter, and only the user’s own limit is the user’s doing', async () => {
  await using stand = await Stand.open();
  stand.forks.script = null;
  for (const [words, reason] of refusals) {
    stand.forks.refusal = words;
    assert.match(
      (await stand.ssh([serveLine], '')).stderr,
      new RegExp(`hatchery: ${words.slice(0, 20)}`),
    );
    const counted = (): Promise<number | null> =>
      metricOf(stand, `hatchery_ssh_sessions_refused_total{reason="${reason}"}`);
    await until(`${reason} is counted`, async () => (await counted()) === 1);
  }
  assert.equal(await metricOf(stand, 'hatchery_ssh_session_results_total{result="client"}'), 1);
  assert.equal(await system(stand), refusals.length - 1);
});
